ALTER TYPE "public"."budget_scope" ADD VALUE 'key-month';--> statement-breakpoint
ALTER TABLE "ledger" ADD COLUMN "key_id" uuid;--> statement-breakpoint
ALTER TABLE "reservations" ADD COLUMN "key_id" uuid;