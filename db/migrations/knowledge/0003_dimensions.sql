-- No row is written anew: the column only forgets how many dimensions it has. An index would have to know it; `migrate`
-- makes one of as many as the settings say, where they ask for one.
DROP INDEX IF EXISTS "chunks_by_meaning";--> statement-breakpoint
-- survives: it compares only embeddings of its own model, which are of 1536 dimensions as before
ALTER TABLE "chunks" ALTER COLUMN "embedding" SET DATA TYPE halfvec;--> statement-breakpoint
-- survives: it reads and writes none
ALTER TABLE "memories" ALTER COLUMN "embedding" SET DATA TYPE halfvec;