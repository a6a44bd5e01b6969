//! Every event of the catalogue, to every kind of caller on every kind of channel: who is told it, and what of it, is what the routing
//! table says, read here a second time.

use std::collections::BTreeMap;

use nova_eventbridge::events::Schemas;
use nova_ids::{ConversationId, PostId, UserId};
use nova_proto::catalogue::{EVENTS, HEALTH, USER_EXPORTS};
use nova_proto::content::v1::PostCreated;
use nova_proto::identity::v1::{UserBlocked, UserDeactivated};
use nova_proto::messaging::v1::{Conversation, ConversationCreated, ConversationUpdated, Member};
use nova_proto::routing::{self, CUT_EVERYWHERE, Cut, Reach, Route};
use nova_testkit::{App, Stack, eventually};
use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    Value,
};
use uuid::Uuid;

use crate::streams_stage::{Client, Frame};

/// Between those whom an event shows and all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    Nothing,
    TheyBlock,
    TheyAreBlocked,
    TheyAreGone,
}

/// One event, and the people around it.
struct Scene {
    event_type: &'static str,
    route: Option<&'static Route>,
    between: Between,
    visibility: i32,
    /// By the fields that name them.
    named: BTreeMap<String, UserId>,
    post: PostId,
    conversation: ConversationId,
    member: UserId,
    left: UserId,
    stranger: UserId,
    tag: String,
    marker: String,
}

impl Scene {
    fn new(event_type: &'static str, between: Between, visibility: i32) -> Self {
        let route = routing::find(event_type);
        let paths = route.map(|route| {
            let reach = match route.reach {
                Reach::Users(paths) | Reach::Members(paths) => paths,
                _ => &[],
            };
            [&[route.user], reach, route.shows].concat()
        });
        let named = paths.unwrap_or_default().into_iter();
        Self {
            event_type,
            route,
            between,
            visibility,
            named: named.map(|path| (path.to_owned(), UserId::new())).collect(),
            post: PostId::new(),
            conversation: ConversationId::new(),
            member: UserId::new(),
            left: UserId::new(),
            stranger: UserId::new(),
            tag: format!("t{}", Uuid::now_v7().simple()),
            marker: format!("m{}", Uuid::now_v7().simple()),
        }
    }

    fn shown(&self) -> Vec<UserId> {
        let shows = self.route.map_or(&[][..], |route| route.shows);
        shows.iter().map(|path| self.named[*path]).collect()
    }

    /// Everybody who may ask, and nobody.
    fn callers(&self) -> Vec<Option<UserId>> {
        let others = [self.member, self.left, self.stranger];
        let all = self.named.values().copied().chain(others);
        let gone = self.between == Between::TheyAreGone;
        let there = all.filter(|user| !(gone && self.shown().contains(user)));
        there.map(Some).chain([None]).collect()
    }

    fn is_post(&self) -> bool {
        let reach = self.route.map(|route| route.reach);
        matches!(reach, Some(Reach::Post | Reach::PostGone))
    }

    /// Whether the event is told whole to a caller who follows everything that they may.
    fn is_told(&self, caller: Option<UserId>) -> bool {
        let Some(route) = self.route else {
            return false;
        };
        let is_shown = caller.is_some_and(|user| self.shown().contains(&user));
        let is_hidden = match self.between {
            Between::Nothing => false,
            Between::TheyBlock | Between::TheyAreBlocked => caller.is_some() && !is_shown,
            Between::TheyAreGone => true,
        };
        let is_any = |paths: &[&str]| paths.iter().any(|path| Some(self.named[*path]) == caller);
        let reaches = match route.reach {
            Reach::Users(paths) => is_any(paths),
            Reach::Members(paths) => is_any(paths) || caller == Some(self.member),
            Reach::Post => is_any(&[route.user]) || self.visibility == 1,
            Reach::PostGone => is_any(&[route.user]),
            Reach::Node(_) => false,
        };
        // Of what shows nobody, nobody is kept.
        reaches && (route.shows.is_empty() || !is_hidden)
    }

    /// Whether a caller is told that the post is gone, and no more.
    fn is_told_departure(&self, caller: Option<UserId>) -> bool {
        let reach = self.route.map(|route| route.reach);
        reach == Some(Reach::PostGone) && !self.is_told(caller)
    }

    /// The message: every field has something in it.
    fn message(&self, descriptor: &MessageDescriptor) -> DynamicMessage {
        let mut message = self.filled(descriptor, "");
        let fields: Vec<_> = descriptor.fields().collect();
        for field in fields {
            let value = match field.name() {
                "post_id" => Value::String(self.post.to_string()),
                "conversation_id" => Value::String(self.conversation.to_string()),
                "visibility" => Value::EnumNumber(self.visibility),
                "tags" => Value::List(vec![Value::String(self.tag.clone())]),
                // Behind those of posts that were there before, and of members.
                "revision" | "position" => Value::I64(5),
                _ => continue,
            };
            message.set_field(&field, value);
        }
        message
    }

    fn filled(&self, descriptor: &MessageDescriptor, above: &str) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields() {
            let path = format!("{above}{}", field.name());
            let value = self.value(&field, &path);
            let value = if !field.is_list() {
                value
            } else if let Value::Message(one) = value {
                Value::List(vec![Value::Message(settled(&one)), Value::Message(one)])
            } else {
                Value::List(vec![value])
            };
            message.set_field(&field, value);
        }
        message
    }

    fn value(&self, field: &FieldDescriptor, path: &str) -> Value {
        match field.kind() {
            Kind::String => Value::String(match self.named.get(path) {
                Some(user) => user.to_string(),
                None if field.name().ends_with("id") || field.name().ends_with("ids") => {
                    Uuid::now_v7().to_string()
                }
                None => format!("text of {}", field.name()),
            }),
            Kind::Message(below) if below.full_name() == "google.protobuf.Timestamp" => {
                let mut time = DynamicMessage::new(below);
                time.set_field_by_name("seconds", Value::I64(1_800_000_000));
                Value::Message(time)
            }
            Kind::Message(below) => Value::Message(self.filled(&below, &format!("{path}."))),
            Kind::Enum(_) => Value::EnumNumber(1),
            Kind::Bool => Value::Bool(field.name() == "pending"),
            Kind::Int64 | Kind::Sint64 => Value::I64(1),
            Kind::Int32 | Kind::Sint32 => Value::I32(1),
            Kind::Uint32 => Value::U32(1),
            Kind::Uint64 => Value::U64(1),
            Kind::Double => Value::F64(1.0),
            Kind::Float => Value::F32(1.0),
            Kind::Bytes => Value::Bytes(b"x".as_slice().into()),
            other => panic!("{path}: {other:?}"),
        }
    }
}

/// The same, but not pending.
fn settled(message: &DynamicMessage) -> DynamicMessage {
    let mut settled = message.clone();
    if settled.descriptor().get_field_by_name("pending").is_some() {
        settled.set_field_by_name("pending", Value::Bool(false));
    }
    settled
}

async fn produce(stack: &Stack, topic: &str, key: &str, event_type: &str, payload: &[u8]) {
    let id = Uuid::now_v7().to_string();
    let headers = [
        ("ce_id", id.as_bytes()),
        ("ce_type", event_type.as_bytes()),
        ("ce_source", b"/nova/test"),
        ("ce_subject", b"s"),
        ("ce_time", b"2026-11-21T00:47:00Z"),
    ];
    let key = Some(key.as_bytes());
    stack.produce(topic, key, Some(payload), &headers).await;
}

async fn until(pool: &sqlx::PgPool, query: &'static str, id: Uuid, count: i64) {
    eventually(query, async || {
        let found = sqlx::query_scalar::<_, i64>(query).bind(id);
        let found = found.fetch_one(pool).await.unwrap();
        if found == count {
            Ok(())
        } else {
            Err(format!("{found}"))
        }
    })
    .await;
}

/// What was before the event.
async fn set_up(stack: &Stack, pool: &sqlx::PgPool, scene: &Scene) {
    let member = |user: UserId| Member {
        user_id: user.to_string(),
        joined_position: 1,
        ..Member::default()
    };
    let conversation = |users: &[UserId]| Conversation {
        members: users.iter().copied().map(member).collect(),
        ..Conversation::default()
    };
    if matches!(
        scene.route.map(|route| route.reach),
        Some(Reach::Members(_))
    ) {
        stack
            .publish(&ConversationCreated {
                conversation_id: scene.conversation.to_string(),
                conversation: Some(conversation(&[scene.member, scene.left])),
                ..ConversationCreated::default()
            })
            .await;
        stack
            .publish(&ConversationUpdated {
                conversation_id: scene.conversation.to_string(),
                conversation: Some(conversation(&[scene.member])),
                position: 2,
                ..ConversationUpdated::default()
            })
            .await;
        let query = "SELECT count(*) FROM members WHERE conversation_id = $1 AND position = 2";
        until(pool, query, scene.conversation.uuid(), 2).await;
    }
    if scene.is_post() {
        stack
            .publish(&PostCreated {
                post_id: scene.post.to_string(),
                user_id: scene.named["user_id"].to_string(),
                visibility: 1,
                revision: 1,
                ..PostCreated::default()
            })
            .await;
        let query = "SELECT count(*) FROM posts WHERE is_public AND post_id = $1";
        until(pool, query, scene.post.uuid(), 1).await;
    }
    for shown in scene.shown() {
        if scene.between == Between::TheyAreGone {
            let gone = UserDeactivated {
                user_id: shown.to_string(),
                revision: 1,
                ..UserDeactivated::default()
            };
            stack.publish(&gone).await;
            let query = "SELECT count(*) FROM accounts WHERE hidden AND user_id = $1";
            until(pool, query, shown.uuid(), 1).await;
            continue;
        }
        let others: Vec<UserId> = scene.callers().into_iter().flatten().collect();
        let others: Vec<UserId> = others
            .into_iter()
            .filter(|other| !scene.shown().contains(other))
            .collect();
        for other in &others {
            let (user, blocked, query) = match scene.between {
                Between::TheyBlock => (
                    shown,
                    *other,
                    "SELECT count(*) FROM blocks WHERE active AND user_id = $1",
                ),
                Between::TheyAreBlocked => (
                    *other,
                    shown,
                    "SELECT count(*) FROM blocks WHERE active AND other_id = $1",
                ),
                _ => continue,
            };
            stack
                .publish(&UserBlocked {
                    user_id: user.to_string(),
                    blocked_user_id: blocked.to_string(),
                    revision: 1,
                    ..UserBlocked::default()
                })
                .await;
            if Some(other) == others.last() {
                until(pool, query, shown.uuid(), others.len().try_into().unwrap()).await;
            }
        }
    }
}

async fn open(stack: &Stack, app: &App, scene: &Scene, caller: Option<UserId>) -> Client {
    let mut channels = vec![
        format!("post:{}", scene.post),
        format!("tag:{}", scene.tag),
        format!("tag:{}", scene.marker),
    ];
    channels.extend(scene.named.values().map(|user| format!("user:{user}")));
    channels.extend(caller.map(|_| "me".to_owned()));
    let token = caller.map(|caller| format!("Bearer {}", stack.token(caller)));
    let headers: Vec<(&str, &str)> = token
        .iter()
        .map(|token| ("Authorization", token.as_str()))
        .collect();
    let query = format!("?channels={}", channels.join(","));
    let mut client = Client::open(&app.base_url, &query, &headers).await;
    assert_eq!(client.status, 200);
    let ready = client.frame().await;
    assert_eq!(ready.event, "ready");
    client
}

/// What comes before the marker.
async fn told(client: &mut Client, marker: &str) -> Vec<Frame> {
    let mut told = Vec::new();
    loop {
        let frame = client.frame().await;
        if frame.data["data"]["tags"][0] == marker {
            return told;
        }
        if !["live", ""].contains(&frame.event.as_str()) {
            told.push(frame);
        }
    }
}

/// Fields of what was told, however deep.
fn names(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                found.push(name.clone());
                names(value, found);
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|one| names(one, found)),
        _ => {}
    }
}

fn check_cuts(scene: &Scene, frame: &Frame) {
    let mut found = Vec::new();
    names(&frame.data["data"], &mut found);
    for name in &found {
        assert!(
            !CUT_EVERYWHERE.contains(&name.as_str()),
            "{} shows {name}",
            scene.event_type
        );
    }
    for cut in scene.route.unwrap().cut {
        let (Cut::Field(path) | Cut::Pending(path)) = cut;
        let pointer = format!("/{}", path.replace('.', "/"));
        match cut {
            Cut::Field(_) => {
                // A path through a list is that field of each of its elements.
                let name = path.rsplit('.').next().unwrap();
                let is_there = frame.data["data"].pointer(&pointer).is_some()
                    || (path.contains('.') && found.iter().any(|one| one == name));
                assert!(!is_there, "{} shows {path}", scene.event_type);
            }
            Cut::Pending(_) => {
                let list = frame.data["data"].pointer(&pointer);
                let list = list.and_then(serde_json::Value::as_array);
                assert_eq!(list.map(Vec::len), Some(1), "{} {path}", scene.event_type);
            }
        }
    }
}

async fn play(stack: &Stack, app: &App, pool: &sqlx::PgPool, scene: &Scene) {
    let event_type = scene.event_type;
    let info = EVENTS
        .iter()
        .find(|info| info.event_type == event_type)
        .unwrap();
    let descriptors = DescriptorPool::decode(nova_proto::FILE_DESCRIPTOR_SET).unwrap();
    let descriptor = descriptors.get_message_by_name(event_type).unwrap();
    set_up(stack, pool, scene).await;
    let mut streams = Vec::new();
    for caller in scene.callers() {
        streams.push((caller, open(stack, app, scene, caller).await));
    }
    let payload = scene.message(&descriptor).encode_to_vec();
    let key = scene.conversation.to_string();
    let topic = info.topic.name;
    produce(stack, topic, &key, event_type, &payload).await;
    let marker = PostCreated {
        post_id: PostId::new().to_string(),
        user_id: UserId::new().to_string(),
        tags: vec![scene.marker.clone()],
        visibility: 1,
        revision: 1,
        ..PostCreated::default()
    };
    // In the same partition, whatever the topic is for: behind it nothing of the event comes any more.
    let marker = marker.encode_to_vec();
    produce(stack, topic, &key, "nova.content.v1.PostCreated", &marker).await;
    for (caller, stream) in &mut streams {
        let told = told(stream, &scene.marker).await;
        let who = format!(
            "{event_type} {:?} {} {caller:?}",
            scene.between, scene.visibility
        );
        assert!(
            told.iter().all(|frame| frame.event == event_type),
            "{who}: {told:?}"
        );
        if scene.is_told(*caller) {
            assert_eq!(told.len(), 1, "{who}: {told:?}");
            check_cuts(scene, &told[0]);
        } else if scene.is_told_departure(*caller) {
            let data = serde_json::json!({ "post_id": scene.post.to_string(), "revision": 5 });
            assert_eq!(told.len(), 1, "{who}: {told:?}");
            assert_eq!(told[0].data["data"], data, "{who}");
            assert_eq!(told[0].data["user_id"], serde_json::Value::Null, "{who}");
        } else {
            // A post that is not public any more departs.
            let is_departure = scene.is_post() && scene.visibility != 1;
            let departures = usize::from(is_departure);
            assert_eq!(told.len(), departures, "{who}: {told:?}");
            for frame in &told {
                let mut shown = Vec::new();
                names(&frame.data["data"], &mut shown);
                assert_eq!(shown, ["post_id", "revision"], "{who}");
            }
        }
    }
}

#[tokio::test]
async fn everybody_is_told_what_the_table_says_and_nothing_else() {
    let stack = Stack::new().await;
    let app = stack.start(nova_eventbridge::service).await;
    let pool = stack.database("eventbridge").await;
    let schemas = Schemas::new().unwrap();
    let mut played = 0;
    // What nodes send themselves takes a way of its own, and no client can ask for its channel.
    let apart = [USER_EXPORTS.name, HEALTH.name];
    let open = EVENTS
        .iter()
        .filter(|info| !apart.contains(&info.topic.name));
    for info in open {
        let route = schemas.find(info.event_type).unwrap().route;
        let shows = route.is_some_and(|route| !route.shows.is_empty());
        let all = [
            Between::Nothing,
            Between::TheyBlock,
            Between::TheyAreBlocked,
            Between::TheyAreGone,
        ];
        let rounds = if shows { &all[..] } else { &all[..1] };
        for between in rounds {
            play(
                &stack,
                &app,
                &pool,
                &Scene::new(info.event_type, *between, 1),
            )
            .await;
            played += 1;
        }
        if route.is_some_and(|route| route.reach == Reach::Post) {
            for visibility in [0, 2, 3] {
                let scene = Scene::new(info.event_type, Between::Nothing, visibility);
                play(&stack, &app, &pool, &scene).await;
            }
        }
    }
    assert!(played > EVENTS.len());
    stack.finish().await;
}
