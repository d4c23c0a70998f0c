-- Row triggers do not see TRUNCATE.
CREATE TRIGGER ledger_not_truncated BEFORE TRUNCATE ON "ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
