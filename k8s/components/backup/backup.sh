#!/bin/sh
# Copies Postgres, all databases of one moment, into a folder that is called by the time before, and keeps the last 14 of them:
# dumps of one database after another would have services know what others have not heard of. After a restore consumer groups
# go on from that time: what a database has handled already its inbox knows.
set -eu

cd "$1"
rm -rf -- *.part
began=$(date -u +%Y-%m-%dT%H:%M:%SZ)
pg_basebackup --dbname="$(cat "$NOVA_POSTGRES_FILE")" --pgdata="$began.part" --format=tar --gzip --wal-method=stream \
    --checkpoint=fast
sync
mv "$began.part" "$began"
echo "$began: $(du -sk "$began" | cut -f 1) KiB"

# Folders are called by their times: the oldest come first.
set -- ????-??-??T??:??:??Z
while [ "$#" -gt 14 ]; do
    rm -r -- "$1"
    shift
done
