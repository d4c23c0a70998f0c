CREATE TABLE "storage" (
	"owner_id" uuid PRIMARY KEY NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"cap_bytes" bigint DEFAULT 500000000 NOT NULL,
	"chunks" integer DEFAULT 0 NOT NULL,
	"cap_chunks" integer DEFAULT 10000 NOT NULL,
	"month" date DEFAULT now() NOT NULL,
	"writes" integer DEFAULT 0 NOT NULL,
	"reads" integer DEFAULT 0 NOT NULL,
	"swept_key" text DEFAULT '' NOT NULL,
	"swept_at" timestamp (3) with time zone,
	CONSTRAINT "storage_not_negative" CHECK ("storage"."bytes" >= 0 and "storage"."chunks" >= 0),
	CONSTRAINT "files_full_user" CHECK ("storage"."owner_id" = '00000000-0000-0000-0000-000000000000' or "storage"."bytes" <= "storage"."cap_bytes"),
	CONSTRAINT "files_full_instance" CHECK ("storage"."owner_id" <> '00000000-0000-0000-0000-000000000000' or "storage"."bytes" <= "storage"."cap_bytes"),
	CONSTRAINT "chunks_full_user" CHECK ("storage"."owner_id" = '00000000-0000-0000-0000-000000000000' or "storage"."chunks" <= "storage"."cap_chunks"),
	CONSTRAINT "chunks_full_instance" CHECK ("storage"."owner_id" <> '00000000-0000-0000-0000-000000000000' or "storage"."chunks" <= "storage"."cap_chunks"),
	CONSTRAINT "files_operations" CHECK ("storage"."writes" <= 500000 and "storage"."reads" <= 5000000)
);
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "remembered" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "files_to_sweep" ON "files" USING btree ("created_at") WHERE "files"."stored_at" is null or "files"."deleted_at" is not null;