-- Of a file that came in one request, which was hashed as it came: whoever reads it need not do so again.
ALTER TABLE media ADD COLUMN sha256 bytea;
