CREATE TABLE "meanings" (
	"message_id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"model" text NOT NULL,
	"embedding" halfvec
);
--> statement-breakpoint
ALTER TABLE "meanings" ADD CONSTRAINT "meanings_message" FOREIGN KEY ("message_id") REFERENCES "public"."messages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "meanings_by_owner" ON "meanings" USING btree ("owner_id","model");