CREATE TABLE "attached" (
	"target_id" uuid NOT NULL,
	"collection_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	CONSTRAINT "attached_key" PRIMARY KEY("target_id","collection_id")
);
--> statement-breakpoint
CREATE TABLE "collected" (
	"collection_id" uuid NOT NULL,
	"document_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	CONSTRAINT "collected_key" PRIMARY KEY("collection_id","document_id")
);
--> statement-breakpoint
CREATE TABLE "collections" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "collections_id_and_owner" UNIQUE("id","owner_id")
);
--> statement-breakpoint
ALTER TABLE "chunks" drop column "words";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "language" "regconfig" DEFAULT 'simple' NOT NULL;--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "words" "tsvector" GENERATED ALWAYS AS (to_tsvector(language, text)) STORED;--> statement-breakpoint
CREATE INDEX "chunks_words" ON "chunks" USING gin ("words");--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "total" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "language" "regconfig" DEFAULT 'simple' NOT NULL;--> statement-breakpoint
ALTER TABLE "attached" ADD CONSTRAINT "attached_collection" FOREIGN KEY ("collection_id","owner_id") REFERENCES "public"."collections"("id","owner_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collected" ADD CONSTRAINT "collected_in" FOREIGN KEY ("collection_id","owner_id") REFERENCES "public"."collections"("id","owner_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collected" ADD CONSTRAINT "collected_document" FOREIGN KEY ("document_id","owner_id") REFERENCES "public"."documents"("id","owner_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "collections_by_owner" ON "collections" USING btree ("owner_id","created_at");--> statement-breakpoint
CREATE INDEX "chunks_by_digest" ON "chunks" USING btree ("owner_id","digest");--> statement-breakpoint
UPDATE "documents" d SET "total" = (SELECT count(*) FROM "chunks" c WHERE c.document_id = d.id);
--> statement-breakpoint
-- Passages are counted like files (core/0006), a statement at a time: a document has hundreds.
CREATE FUNCTION chunks_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  sign CONSTANT int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
  moved record;
BEGIN
  FOR moved IN SELECT owner_id, sign * count(*)::int AS more FROM changed GROUP BY owner_id ORDER BY owner_id LOOP
    UPDATE storage SET chunks = greatest(chunks + moved.more, 0) WHERE owner_id = nobody;
    IF moved.more > 0 THEN
      INSERT INTO storage AS s (owner_id, chunks) VALUES (moved.owner_id, moved.more)
        ON CONFLICT (owner_id) DO UPDATE SET chunks = s.chunks + excluded.chunks;
    ELSE
      UPDATE storage SET chunks = greatest(chunks + moved.more, 0) WHERE owner_id = moved.owner_id;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER chunks_added AFTER INSERT ON "chunks" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION chunks_are_counted();
--> statement-breakpoint
CREATE TRIGGER chunks_removed AFTER DELETE ON "chunks" REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION chunks_are_counted();
--> statement-breakpoint
UPDATE storage SET chunks = (SELECT count(*) FROM "chunks") WHERE owner_id = '00000000-0000-0000-0000-000000000000';
--> statement-breakpoint
INSERT INTO storage AS s (owner_id, chunks) SELECT owner_id, count(*) FROM "chunks" GROUP BY owner_id
  ON CONFLICT (owner_id) DO UPDATE SET chunks = excluded.chunks;
--> statement-breakpoint
-- The begin of a turn reads what is remembered with the person, without another table that may not be there.
CREATE FUNCTION memories_are_remembered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE users u SET remembered = coalesce((
    SELECT string_agg('- ' || text, E'\n' ORDER BY created_at, id)
    FROM (SELECT * FROM memories WHERE owner_id = u.id ORDER BY created_at DESC, id DESC LIMIT 30) newest), '')
  WHERE id IN (SELECT owner_id FROM changed);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER memories_added AFTER INSERT ON "memories" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION memories_are_remembered();
--> statement-breakpoint
CREATE TRIGGER memories_changed AFTER UPDATE ON "memories" REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION memories_are_remembered();
--> statement-breakpoint
CREATE TRIGGER memories_removed AFTER DELETE ON "memories" REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION memories_are_remembered();
