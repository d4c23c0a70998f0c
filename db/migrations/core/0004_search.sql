-- Text as the parser of words shall see it. Punctuation is set apart, or "app" would not be found in "src/app.ts"; so are
-- the characters of scripts that write no spaces, so that a run of them can be found as a phrase. No more than the first
-- 100,000 characters: PostgreSQL refuses to index the words of much longer texts, and with them the text.
CREATE FUNCTION searchable(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    left(value, 100000),
    E'([!-/:-@[-`{-~\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff])',
    ' \1 ',
    'g'
  );
--> statement-breakpoint
-- The owner's id is a word too, and comes first: a search reads the index entries of one person only. No text has such a
-- word, since searchable() sets its dashes apart.
CREATE FUNCTION search_words(owner uuid, value text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  array_to_tsvector(ARRAY[owner::text]) || to_tsvector('simple', searchable(value));
--> statement-breakpoint
CREATE INDEX "messages_words" ON "messages" USING gin (search_words("owner_id", "text"));
--> statement-breakpoint
-- ANALYZE would take apart up to 30,000 messages for statistics that change no plan.
ALTER INDEX "messages_words" ALTER COLUMN 1 SET STATISTICS 0;
