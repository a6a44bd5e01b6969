//! Databases of every release before (`scripts/dump-release`): this one works on them.

use include_dir::{Dir, include_dir};
use nova_cli::platform::{MIGRATIONS, SERVICES};
use nova_service::postgres::migrator;
use nova_testkit::eventually;
use nova_tests::{Nova, id_of};
use serde_json::Value;

static RELEASES: Dir = include_dir!("$CARGO_MANIFEST_DIR/releases");

/// Of one release each service that it had, with its database.
fn dumps(release: &'static Dir<'static>) -> Vec<(&'static str, &'static str)> {
    let dump = |service: &'static str| {
        let file = release.get_file(release.path().join(format!("{service}.sql")))?;
        Some((service, file.contents_utf8().expect("a dump is text")))
    };
    SERVICES.into_iter().filter_map(dump).collect()
}

fn items(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().expect("a list");
    let id = |item: &Value| id_of(item.get("post").unwrap_or(item));
    items.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn this_release_works_on_the_databases_of_those_before() {
    let releases: Vec<&Dir> = RELEASES.dirs().collect();
    assert!(!releases.is_empty());
    for release in releases {
        let dumps = dumps(release);
        assert!(dumps.len() >= 7, "{release:?}");
        let nova = Nova::start_on_dumps(dumps.clone()).await;
        // All that this release has was applied, beside what that one had.
        for (service, folder) in SERVICES.into_iter().zip(MIGRATIONS) {
            let pool = nova.stack().database(service).await;
            let count: i64 =
                sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
                    .fetch_one(&pool)
                    .await
                    .expect("its migrations");
            let known = migrator(folder).expect("migrations").iter().count();
            assert!(
                count >= i64::try_from(known).expect("few"),
                "{service}: {count} of {known}"
            );
            pool.close().await;
        }
        // What people had then is there, and they go on.
        let ada = nova.sign_in("demo_ada", "a-demo-password").await;
        let feed = ada.get("/v1/feed").await.expect(200);
        assert!(items(&feed).len() >= 5, "{feed}");
        let path = format!("/v1/users/{}/posts", ada.id);
        let before = items(&ada.get(&path).await.expect(200));
        assert!(!before.is_empty());
        let new = ada.say("still here").await;
        eventually(
            "the new post is in the feed beside the old ones",
            async || {
                let feed = items(&ada.get("/v1/feed").await.expect(200));
                feed.contains(&new).then_some(()).ok_or(feed)
            },
        )
        .await;
        let after = items(&ada.get(&path).await.expect(200));
        assert_eq!(after.len(), before.len() + 1);
        nova.finish().await;
    }
}
