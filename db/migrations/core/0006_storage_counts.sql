-- What people keep is counted where it is kept, in the same transaction, whoever adds or removes it. The instance's row is
-- always changed first, so that two who wait for one another never do so in a circle.
CREATE FUNCTION files_are_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE storage SET bytes = greatest(bytes - OLD.bytes, 0) WHERE owner_id = nobody;
    UPDATE storage SET bytes = greatest(bytes - OLD.bytes, 0) WHERE owner_id = OLD.owner_id;
  ELSE
    UPDATE storage SET bytes = bytes + NEW.bytes WHERE owner_id = nobody;
    INSERT INTO storage AS s (owner_id, bytes) VALUES (NEW.owner_id, NEW.bytes)
      ON CONFLICT (owner_id) DO UPDATE SET bytes = s.bytes + excluded.bytes;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER files_counted AFTER INSERT OR DELETE ON "files"
  FOR EACH ROW EXECUTE FUNCTION files_are_counted();
--> statement-breakpoint
INSERT INTO "storage" ("owner_id", "bytes", "cap_bytes", "cap_chunks")
  SELECT '00000000-0000-0000-0000-000000000000', coalesce(sum(bytes), 0), 5000000000, 40000 FROM "files";
--> statement-breakpoint
INSERT INTO "storage" ("owner_id", "bytes") SELECT owner_id, sum(bytes) FROM "files" GROUP BY owner_id;
