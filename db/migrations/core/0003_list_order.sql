DROP INDEX "conversations_active";--> statement-breakpoint
DROP INDEX "conversations_archived";--> statement-breakpoint
CREATE INDEX "conversations_active" ON "conversations" USING btree ("owner_id",("pinned_at" is not null),"updated_at","id") WHERE "conversations"."deleted_at" is null and "conversations"."archived_at" is null;--> statement-breakpoint
CREATE INDEX "conversations_archived" ON "conversations" USING btree ("owner_id",("pinned_at" is not null),"updated_at","id") WHERE "conversations"."deleted_at" is null and "conversations"."archived_at" is not null;