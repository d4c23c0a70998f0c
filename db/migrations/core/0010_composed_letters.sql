-- A letter with its accent is one character or two, by where a text was copied from: both are the same word.
CREATE OR REPLACE FUNCTION searchable(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    normalize(left(value, 100000), NFC),
    E'([!-/:-@[-`{-~\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff])',
    ' \1 ',
    'g'
  );
--> statement-breakpoint
-- Those of documents are composed when they come in, and stay as they are.
REINDEX INDEX "messages_words";
