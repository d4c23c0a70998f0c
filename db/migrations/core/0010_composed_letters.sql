-- A letter with its accent is one character or two, by where a text was copied from: both are the same word.
CREATE OR REPLACE FUNCTION searchable(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    normalize(left(value, 100000), NFC),
    E'([!-/:-@[-`{-~\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff])',
    ' \1 ',
    'g'
  );
--> statement-breakpoint
-- Made anew, as a session that knows the index would go on with the function of before, even while it builds it again.
-- Documents are composed when they come in, and their words stay as they are.
DROP INDEX "messages_words";
--> statement-breakpoint
CREATE INDEX "messages_words" ON "messages" USING gin (search_words("owner_id", "text"));
--> statement-breakpoint
ALTER INDEX "messages_words" ALTER COLUMN 1 SET STATISTICS 0;
