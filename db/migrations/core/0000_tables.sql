CREATE TYPE "public"."message_role" AS ENUM('user', 'assistant');--> statement-breakpoint
CREATE TYPE "public"."message_status" AS ENUM('streaming', 'complete', 'stopped', 'interrupted', 'failed');--> statement-breakpoint
CREATE TYPE "public"."title_source" AS ENUM('text', 'model', 'person');--> statement-breakpoint
CREATE TYPE "public"."budget_scope" AS ENUM('instance-month', 'user-day', 'user-month');--> statement-breakpoint
CREATE TYPE "public"."ledger_kind" AS ENUM('reserve', 'settle', 'release');--> statement-breakpoint
CREATE TABLE "conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"title" text NOT NULL,
	"title_source" "title_source" DEFAULT 'text' NOT NULL,
	"model" text,
	"instructions" text DEFAULT '' NOT NULL,
	"leaf_id" uuid,
	"pinned_at" timestamp (3) with time zone,
	"archived_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"cost_micros" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "conversations_id_and_owner" UNIQUE("id","owner_id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" uuid PRIMARY KEY NOT NULL,
	"conversation_id" uuid NOT NULL,
	"owner_id" uuid NOT NULL,
	"parent_id" uuid,
	"role" "message_role" NOT NULL,
	"status" "message_status" DEFAULT 'complete' NOT NULL,
	"text" text NOT NULL,
	"depth" integer NOT NULL,
	"turn_id" uuid,
	"turn_digest" text,
	"model" text,
	"input_tokens" integer,
	"cached_tokens" integer,
	"output_tokens" integer,
	"cost_micros" bigint,
	"attachments" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"sources" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "messages_conversation_and_id" UNIQUE("conversation_id","id"),
	CONSTRAINT "messages_answer_has_parent" CHECK ("messages"."role" = 'user' or "messages"."parent_id" is not null),
	CONSTRAINT "messages_answer_has_turn" CHECK (("messages"."role" = 'assistant') = ("messages"."turn_id" is not null)),
	CONSTRAINT "messages_only_answers_stream" CHECK ("messages"."role" = 'assistant' or "messages"."status" = 'complete'),
	CONSTRAINT "messages_cost_not_negative" CHECK ("messages"."cost_micros" >= 0)
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"id" uuid PRIMARY KEY NOT NULL,
	"actor_id" uuid,
	"action" text NOT NULL,
	"subject" text,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY NOT NULL,
	"email" text,
	"name" text,
	"default_model" text,
	"instructions" text DEFAULT '' NOT NULL,
	"memory" boolean DEFAULT true NOT NULL,
	"daily_cap_micros" bigint,
	"monthly_cap_micros" bigint,
	"disabled_at" timestamp (3) with time zone,
	"signed_out_at" timestamp (3) with time zone,
	"revision" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_caps_not_negative" CHECK ("users"."daily_cap_micros" >= 0 and "users"."monthly_cap_micros" >= 0)
);
--> statement-breakpoint
CREATE TABLE "files" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"stored_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "invites" (
	"id" uuid PRIMARY KEY NOT NULL,
	"created_by" uuid,
	"digest" text NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"max_uses" integer DEFAULT 1 NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"conversation_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"content" jsonb NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "budgets" (
	"scope" "budget_scope" NOT NULL,
	"owner_id" uuid NOT NULL,
	"period" date NOT NULL,
	"cap_micros" bigint NOT NULL,
	"reserved_micros" bigint DEFAULT 0 NOT NULL,
	"spent_micros" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "budgets_key" PRIMARY KEY("scope","owner_id","period"),
	CONSTRAINT "budgets_not_negative" CHECK ("budgets"."spent_micros" >= 0 and "budgets"."reserved_micros" >= 0),
	CONSTRAINT "cap_instance_month" CHECK ("budgets"."scope" <> 'instance-month' or "budgets"."spent_micros" + "budgets"."reserved_micros" <= "budgets"."cap_micros"),
	CONSTRAINT "cap_user_day" CHECK ("budgets"."scope" <> 'user-day' or "budgets"."spent_micros" + "budgets"."reserved_micros" <= "budgets"."cap_micros"),
	CONSTRAINT "cap_user_month" CHECK ("budgets"."scope" <> 'user-month' or "budgets"."spent_micros" + "budgets"."reserved_micros" <= "budgets"."cap_micros")
);
--> statement-breakpoint
CREATE TABLE "instance" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"monthly_cap_micros" bigint,
	"paused" boolean DEFAULT false NOT NULL,
	"degrade" boolean DEFAULT true NOT NULL,
	CONSTRAINT "instance_is_one" CHECK ("instance"."id" = 1),
	CONSTRAINT "instance_cap_not_negative" CHECK ("instance"."monthly_cap_micros" >= 0)
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" uuid PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"hint" text NOT NULL,
	"scopes" text[] DEFAULT '{}' NOT NULL,
	"cap_micros" bigint,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger" (
	"reservation_id" uuid NOT NULL,
	"kind" "ledger_kind" NOT NULL,
	"user_id" uuid,
	"purpose" text NOT NULL,
	"model" text NOT NULL,
	"day" date NOT NULL,
	"month" date NOT NULL,
	"amount_micros" bigint NOT NULL,
	"input_tokens" integer DEFAULT 0 NOT NULL,
	"cached_tokens" integer DEFAULT 0 NOT NULL,
	"output_tokens" integer DEFAULT 0 NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ledger_not_negative" CHECK ("ledger"."amount_micros" >= 0)
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"user_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"model" text NOT NULL,
	"day" date NOT NULL,
	"month" date NOT NULL,
	"amount_micros" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "reservations_not_negative" CHECK ("reservations"."amount_micros" >= 0)
);
--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation" FOREIGN KEY ("conversation_id","owner_id") REFERENCES "public"."conversations"("id","owner_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_parent" FOREIGN KEY ("conversation_id","parent_id") REFERENCES "public"."messages"("conversation_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audit" ADD CONSTRAINT "audit_actor_id_users_id_fk" FOREIGN KEY ("actor_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "files" ADD CONSTRAINT "files_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_conversation" FOREIGN KEY ("conversation_id","owner_id") REFERENCES "public"."conversations"("id","owner_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversations_active" ON "conversations" USING btree ("owner_id","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE "conversations"."deleted_at" is null and "conversations"."archived_at" is null;--> statement-breakpoint
CREATE INDEX "conversations_archived" ON "conversations" USING btree ("owner_id","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE "conversations"."deleted_at" is null and "conversations"."archived_at" is not null;--> statement-breakpoint
CREATE INDEX "conversations_deleted" ON "conversations" USING btree ("deleted_at") WHERE "conversations"."deleted_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "messages_turn" ON "messages" USING btree ("turn_id");--> statement-breakpoint
CREATE INDEX "messages_siblings" ON "messages" USING btree ("conversation_id","parent_id","id");--> statement-breakpoint
CREATE INDEX "audit_by_time" ON "audit" USING btree ("at");--> statement-breakpoint
CREATE INDEX "users_by_email" ON "users" USING btree ("email");--> statement-breakpoint
CREATE INDEX "files_by_owner" ON "files" USING btree ("owner_id","created_at");--> statement-breakpoint
CREATE INDEX "files_by_hash" ON "files" USING btree ("owner_id","sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "invites_by_digest" ON "invites" USING btree ("digest");--> statement-breakpoint
CREATE UNIQUE INDEX "shares_by_digest" ON "shares" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "shares_by_conversation" ON "shares" USING btree ("conversation_id");--> statement-breakpoint
CREATE UNIQUE INDEX "keys_by_digest" ON "keys" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "keys_by_owner" ON "keys" USING btree ("owner_id");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_reserved_once" ON "ledger" USING btree ("reservation_id") WHERE "ledger"."kind" = 'reserve';--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_closed_once" ON "ledger" USING btree ("reservation_id") WHERE "ledger"."kind" <> 'reserve';--> statement-breakpoint
CREATE INDEX "ledger_by_user_and_day" ON "ledger" USING btree ("user_id","day");--> statement-breakpoint
CREATE INDEX "reservations_by_expiry" ON "reservations" USING btree ("expires_at");