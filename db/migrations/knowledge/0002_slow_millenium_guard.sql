-- Words as the search of messages sees them (core/0004): punctuation and the characters of scripts that write no spaces
-- are set apart, or nothing in the middle of a Chinese sentence would be found.
-- survives: within one transaction the column goes and comes back, of the same name and type; nobody writes it
ALTER TABLE "chunks" drop column "words";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "words" "tsvector" GENERATED ALWAYS AS (to_tsvector(language, searchable(text))) STORED;--> statement-breakpoint
CREATE INDEX "chunks_words" ON "chunks" USING gin ("words");
