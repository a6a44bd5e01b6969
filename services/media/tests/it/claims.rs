//! What posts show stays, and nothing else.

use nova_ids::{ConversationId, MediaId, MessageId, PostId};
use nova_proto::content::v1::{PostCreated, PostDeleted, PostUpdated};
use nova_proto::media::v1::{Attachment, MediaDeleted};
use nova_proto::messaging::v1::{Message, MessageDeleted, MessageEdited, MessageSent};
use nova_testkit::{Stack, eventually};

use crate::media::{Media, User, id_of, png};

/// Time passes when the test says so: a slow machine takes nothing away that is about to be claimed.
async fn sweeping() -> Media {
    Media::start_on(Stack::new().await.with("NOVA_MEDIA_UNCLAIMED_TTL", "12h")).await
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
            self.wait_long().await;
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

/// A message of one conversation, which has these media at that position.
struct Said<'a> {
    conversation: ConversationId,
    id: MessageId,
    sender: &'a User,
}

impl Said<'_> {
    fn sent(&self, position: i64, media: &[&str]) -> MessageSent {
        MessageSent {
            message_id: self.id.to_string(),
            conversation_id: self.conversation.to_string(),
            sender_id: self.sender.id.to_string(),
            position,
            media: attached(media),
            ..MessageSent::default()
        }
    }

    fn whole(&self, media: &[&str]) -> Message {
        Message {
            id: self.id.to_string(),
            sender_id: self.sender.id.to_string(),
            media: attached(media),
            ..Message::default()
        }
    }

    fn edited(&self, position: i64, media: &[&str]) -> MessageEdited {
        MessageEdited {
            message_id: self.id.to_string(),
            conversation_id: self.conversation.to_string(),
            position,
            message: Some(self.whole(media)),
            ..MessageEdited::default()
        }
    }

    /// By whom it was, unless their account was erased.
    fn deleted(&self, position: i64, sender_id: String) -> MessageDeleted {
        MessageDeleted {
            message_id: self.id.to_string(),
            conversation_id: self.conversation.to_string(),
            position,
            message: Some(Message {
                sender_id,
                ..self.whole(&[])
            }),
            ..MessageDeleted::default()
        }
    }
}

#[tokio::test]
async fn what_a_message_shows_stays_as_long_as_it_does() {
    let media = sweeping().await;
    let (ada, ben) = (media.user(), media.user());
    let mut made = Vec::new();
    for number in 0..4 {
        let medium = media.shown(&ada, &[], &png(number)).await;
        made.push(id_of(&medium).to_owned());
    }
    let [taken_out, stays, foreign, erased] = [&made[0], &made[1], &made[2], &made[3]];
    let conversation = ConversationId::new();
    let by = |sender| Said {
        conversation,
        id: MessageId::new(),
        sender,
    };
    let (said, of_ben, of_gone) = (by(&ada), by(&ben), by(&ada));
    media
        .stack
        .publish(&said.sent(2, &[taken_out, stays]))
        .await;
    media.stack.publish(&of_ben.sent(3, &[foreign])).await;
    media.stack.publish(&of_gone.sent(4, &[erased])).await;
    media.stack.publish(&by(&ada).sent(5, &[])).await;
    media.stack.publish(&said.edited(6, &[stays])).await;
    // What was said before comes late, and changes nothing.
    media.stack.publish(&said.edited(5, &[taken_out])).await;
    media
        .stack
        .publish(&of_gone.deleted(7, String::new()))
        .await;
    eventually("the messages are known", async || {
        let known = sqlx::query_scalar::<_, i64>("SELECT max(position) FROM messages");
        let known = known.fetch_one(&media.pool).await.unwrap_or_default();
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM messages");
        // Of messages without media nothing is kept.
        (known, count.fetch_one(&media.pool).await.unwrap()) == (7, 3)
    })
    .await;
    for gone in [taken_out, foreign, erased] {
        media.goes(&ada, gone).await;
    }
    let path = format!("/v1/media/{stays}");
    media.get(Some(&ada), &path).await.expect(200);
    media
        .stack
        .publish(&said.deleted(8, ada.id.to_string()))
        .await;
    media.goes(&ada, stays).await;
    media.folders_are(0).await;
    media.finish().await;
}
