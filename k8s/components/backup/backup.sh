#!/bin/sh
# Dumps the databases of the services that are named into a folder that is called by the time before the first of them, and
# keeps the last 14 folders. A restored platform has its consumer groups go on from that time: what a database has
# handled already its inbox knows.
set -eu

url=$(cat "$NOVA_POSTGRES_FILE")
server=${url%%\?*}
options=${url#"$server"}
began=$(date -u +%Y-%m-%dT%H:%M:%SZ)

cd "$1"
rm -rf -- *.part
shift
mkdir "$began.part"
for service in "$@"; do
    database=$(echo "$service" | tr - _)
    pg_dump --format=custom --file="$began.part/$database.dump" --dbname="${server}_$database$options"
done
sync
mv "$began.part" "$began"
echo "$began: $# databases"

# Folders are called by their times: the oldest come first.
set -- ????-??-??T??:??:??Z
while [ "$#" -gt 14 ]; do
    rm -r -- "$1"
    shift
done
