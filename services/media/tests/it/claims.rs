//! What posts show stays, and nothing else.

use nova_ids::{MediaId, PostId};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::media::v1::{Attachment, MediaDeleted};
use nova_testkit::{Stack, eventually};

use crate::media::{Media, User, id_of, png};

async fn sweeping() -> Media {
    Media::start_on(Stack::new().await.with("NOVA_MEDIA_UNCLAIMED_TTL", "1s")).await
}

fn attached(media: &[&str]) -> Vec<Attachment> {
    let attachment = |id: &&str| Attachment {
        id: (*id).to_owned(),
        pending: true,
        ..Attachment::default()
    };
    media.iter().map(attachment).collect()
}

fn created(post: PostId, author: &User, media: &[&str]) -> PostCreated {
    PostCreated {
        post_id: post.to_string(),
        user_id: author.id.to_string(),
        revision: 1,
        media: attached(media),
        ..PostCreated::default()
    }
}

fn updated(post: PostId, author: &User, media: &[&str], revision: i64) -> PostUpdated {
    PostUpdated {
        post_id: post.to_string(),
        user_id: author.id.to_string(),
        revision,
        media: attached(media),
        ..PostUpdated::default()
    }
}

fn deleted(post: PostId, author: &User, revision: i64) -> PostDeleted {
    PostDeleted {
        post_id: post.to_string(),
        user_id: author.id.to_string(),
        deleted_at: None,
        revision,
    }
}

impl Media {
    async fn goes(&self, owner: &User, id: &str) {
        eventually("the medium is swept", async || {
            let path = format!("/v1/media/{id}");
            self.get(Some(owner), &path).await.status == 404
        })
        .await;
    }

    async fn posts_are(&self, count: i64) {
        eventually("the posts are known", async || {
            let known = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM posts");
            known.fetch_one(&self.pool).await.unwrap() == count
        })
        .await;
    }

    /// So that everything has waited long enough.
    async fn wait_long(&self) {
        sqlx::query("UPDATE media SET unclaimed_since = now() - interval '1 day'")
            .execute(&self.pool)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_no_post_shows_goes_with_its_bytes() {
    let media = sweeping().await;
    let (ada, ben) = (media.user(), media.user());
    let (post, other) = (PostId::new(), PostId::new());
    // A post may come first.
    let early = MediaId::new();
    let kept = media.shown(&ada, &[], &png(1)).await;
    media
        .stack
        .publish(&created(post, &ada, &[id_of(&kept), &early.to_string()]))
        .await;
    media.posts_are(1).await;
    let lost = media.shown(&ada, &[], &png(2)).await;
    // Nobody claims what is another's.
    media
        .stack
        .publish(&created(other, &ben, &[id_of(&lost)]))
        .await;
    media.posts_are(2).await;
    media.wait_long().await;
    media.goes(&ada, id_of(&lost)).await;
    media.folders_are(1).await;
    let path = format!("/v1/media/{}", id_of(&kept));
    media.get(Some(&ada), &path).await.expect(200);
    let gone = media.published::<MediaDeleted>().await;
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].event.media_id, id_of(&lost));
    assert!(gone[0].event.revision > 1);
    media.finish().await;
}

#[tokio::test]
async fn the_greatest_revision_of_a_post_holds_whatever_comes_first() {
    let media = sweeping().await;
    let ada = media.user();
    let mut kept = Vec::new();
    for number in 0..3 {
        let medium = media.shown(&ada, &[], &png(number)).await;
        kept.push(id_of(&medium).to_owned());
    }
    let [taken_out, stays, of_deleted] = [&kept[0], &kept[1], &kept[2]].map(String::as_str);
    let (post, gone) = (PostId::new(), PostId::new());
    media.stack.publish(&updated(post, &ada, &[stays], 2)).await;
    media.stack.publish(&deleted(gone, &ada, 2)).await;
    media.posts_are(2).await;
    media
        .stack
        .publish(&created(post, &ada, &[taken_out, stays]))
        .await;
    media
        .stack
        .publish(&created(gone, &ada, &[of_deleted]))
        .await;
    media.wait_long().await;
    media.goes(&ada, taken_out).await;
    media.goes(&ada, of_deleted).await;
    let path = format!("/v1/media/{stays}");
    media.get(Some(&ada), &path).await.expect(200);
    // And once the post is gone, that too.
    media.stack.publish(&deleted(post, &ada, 3)).await;
    media.goes(&ada, stays).await;
    media.folders_are(0).await;
    media.finish().await;
}
