//! `/openapi.json` describes what is there and nothing else; `/docs` shows it without outside help.

use std::collections::BTreeMap;

use nova_tests::checks::{is_refused, text};
use nova_tests::contract::{Subject, filled, takes_a_body};
use nova_tests::{Nova, User, id_of, unique};
use serde_json::{Value, json};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(crate) async fn description(nova: &Nova) -> Value {
    let answer = nova.get("/openapi.json").await;
    let description = answer.expect(200);
    let content_type = answer.header("content-type").expect("a content type");
    assert!(
        content_type.starts_with("application/json"),
        "{content_type}"
    );
    description
}

/// Each path with each of its methods, in capitals, and what is said of them.
pub(crate) fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in description["paths"].as_object().expect("paths") {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push((path.clone(), method.to_uppercase(), operation.clone()));
            }
        }
    }
    operations
}

#[tokio::test]
async fn what_is_described_is_there() {
    let nova = Nova::shared().await;
    let (user, asker) = (nova.user("probe").await, nova.user("asker").await);
    user.patch("/v1/users/me")
        .json(json!({ "locked": true }))
        .await
        .expect(200);
    for (path, method, _) in operations(&description(&nova).await) {
        let post = user.say("to be looked for").await;
        let asks = path.starts_with("/v1/users/me/follow-requests/");
        if asks {
            asker.unfollow(&user).await;
            let request = asker.put(&format!("/v1/users/{}/follow", user.id));
            request.await.expect(202);
        }
        let medium = if path.contains("/avatar/") {
            user.upload("avatar").await
        } else if path.starts_with("/v1/media/{") {
            user.upload("post").await
        } else {
            String::new()
        };
        let upload = if path.starts_with("/v1/media/uploads/{") {
            user.begin_upload().await
        } else {
            String::new()
        };
        let (conversation, message) = if path.starts_with("/v1/conversations/{") {
            conversation(&user).await
        } else {
            (String::new(), String::new())
        };
        let subject = Subject {
            user: if asks { &asker } else { &user },
            post: &post,
            medium: &medium,
            upload: &upload,
            conversation: &conversation,
            message: &message,
        };
        let path = filled(&path, &subject);
        assert!(
            !path.contains('{'),
            "{path} has a variable that no other path has"
        );
        let answer = user.request(&method, &path).await;
        assert!(
            ![404, 405, 501].contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            answer.text()
        );
        assert!(
            answer.status < 500,
            "{method} {path}: {} {}",
            answer.status,
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_description_is_whole() {
    let nova = Nova::shared().await;
    let description = description(&nova).await;
    assert!(
        text(&description["openapi"]).starts_with("3."),
        "{}",
        description["openapi"]
    );
    for member in ["title", "version"] {
        assert!(!text(&description["info"][member]).is_empty());
    }
    let mut references = Vec::new();
    collect_references(&description, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(
            description.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    for (path, method, operation) in operations(&description) {
        let responses = operation["responses"].as_object().expect("responses");
        assert!(
            responses
                .keys()
                .any(|status| status.starts_with('2') || status == "101"),
            "{method} {path} never succeeds"
        );
        for variable in path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
        {
            let parameters = operation["parameters"].as_array().expect("parameters");
            let is_it =
                |parameter: &&Value| parameter["name"] == variable && parameter["in"] == "path";
            let parameter = parameters
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{path} without {variable}"));
            assert_eq!(parameter["required"], true, "{path}");
        }
        if takes_a_body(&method, &path) {
            let kind = match (method.as_str(), path.as_str()) {
                ("POST", "/v1/media") => "multipart/form-data",
                (_, path) if path.starts_with("/v1/media/uploads") => {
                    "application/offset+octet-stream"
                }
                _ => "application/json",
            };
            let body = &operation["requestBody"]["content"][kind];
            assert!(body.is_object(), "{method} {path}");
        }
    }
}

fn collect_references(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(
                members
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            members
                .values()
                .for_each(|value| collect_references(value, references));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_references(value, references)),
        _ => {}
    }
}

/// A schema with its reference followed.
fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
    {
        Some(pointer) => resolved(description, description.pointer(pointer).expect("a schema")),
        None => schema,
    }
}

/// Asserts that a value has exactly the members that its schema lists, and those it requires.
#[track_caller]
fn is_as_described(description: &Value, schema: &Value, value: &Value) {
    if let Err(wrong) = compare(description, schema, value) {
        panic!("{wrong}");
    }
}

/// What is other than the schema says.
fn compare(description: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(description, schema);
    let alternatives = ["oneOf", "anyOf"]
        .iter()
        .find_map(|one| schema[*one].as_array());
    if let Some(alternatives) = alternatives {
        let mut wrong = Vec::new();
        for one in alternatives {
            let fits = match one["type"] == "null" {
                true if value.is_null() => Ok(()),
                true => Err("it is not null".to_owned()),
                false => compare(description, one, value),
            };
            match fits {
                Ok(()) => return Ok(()),
                Err(why) => wrong.push(why),
            }
        }
        return Err(wrong.join("; "));
    }
    match value {
        Value::Object(members) => {
            let mut described = BTreeMap::new();
            collect_properties(description, schema, &mut described);
            for (name, member) in members {
                let property = described
                    .get(name)
                    .ok_or_else(|| format!("{name} is not described: {schema}"))?;
                compare(description, property.schema, member)?;
            }
            let mut required = described.iter().filter(|(_, property)| property.required);
            match required.find(|(name, _)| !members.contains_key(*name)) {
                Some((name, _)) => Err(format!("{name} is not in {value}")),
                None => Ok(()),
            }
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| compare(description, &schema["items"], item)),
        Value::String(word) => match schema["enum"].as_array() {
            Some(words) if !words.contains(&json!(word)) => {
                Err(format!("{word} is none of {words:?}"))
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What a schema says of one member.
struct Property<'a> {
    schema: &'a Value,
    required: bool,
}

/// Every member that a schema lists, by itself and through `allOf`.
fn collect_properties<'a>(
    description: &'a Value,
    schema: &'a Value,
    found: &mut BTreeMap<String, Property<'a>>,
) {
    let schema = resolved(description, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_properties(description, part, found);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let required = schema["required"].as_array();
        let required = required.is_some_and(|names| names.contains(&json!(name)));
        let property = Property {
            schema: member,
            required,
        };
        found.insert(name.clone(), property);
    }
}

/// A conversation of the user's own, and what they have said there.
async fn conversation(user: &User) -> (String, String) {
    let body = json!({ "type": "GROUP", "member_ids": [] });
    let conversation = user.post("/v1/conversations").json(body).await;
    let conversation = id_of(&conversation.expect(201));
    let path = format!("/v1/conversations/{conversation}/messages");
    let message = user.post(&path).json(json!({ "content": "a word" })).await;
    (conversation, id_of(&message.expect(201)))
}

#[tokio::test]
async fn answers_are_as_described() {
    let nova = Nova::shared().await;
    let description = description(&nova).await;
    let (user, friend) = (nova.user("answers").await, nova.user("friend").await);
    user.follow(&friend).await;
    friend.follow(&user).await;
    let medium = user.upload("post").await;
    let post = json!({ "content": "here", "tags": ["a"], "media_ids": [medium] });
    let post = id_of(&user.publish(post).await);
    let (conversation, message) = conversation(&user).await;
    let subject = Subject {
        medium: &medium,
        conversation: &conversation,
        message: &message,
        ..Subject::new(&user, &post)
    };
    nova_testkit::eventually("the feed is filled", async || !user.feed().await.is_empty()).await;
    let username = unique("new");
    let registration = json!({ "username": username, "email": format!("{username}@example.org"), "password": "long enough" });
    let credentials = json!({ "username": user.username, "password": user.password });
    for (method, template, body) in [
        ("POST", "/v1/auth/register", Some(registration)),
        ("POST", "/v1/auth/login", Some(credentials)),
        (
            "POST",
            "/v1/auth/refresh",
            Some(json!({ "refresh_token": user.refresh_token })),
        ),
        ("GET", "/v1/users/me", None),
        ("PATCH", "/v1/users/me", Some(json!({}))),
        ("GET", "/v1/users/me/sessions", None),
        ("GET", "/v1/users/me/follow-requests", None),
        ("GET", "/v1/users/me/blocks", None),
        ("GET", "/v1/users/me/mutes", None),
        ("GET", "/v1/users/{id}", None),
        ("GET", "/v1/users/by-username/{username}", None),
        ("GET", "/v1/users/{id}/followers", None),
        ("GET", "/v1/users/{id}/following", None),
        ("GET", "/v1/users/{id}/posts", None),
        ("POST", "/v1/posts", Some(json!({ "content": "x" }))),
        ("GET", "/v1/posts/{id}", None),
        ("PATCH", "/v1/posts/{id}", Some(json!({ "content": "y" }))),
        ("GET", "/v1/feed", None),
        (
            "POST",
            "/v1/conversations",
            Some(json!({ "type": "GROUP", "member_ids": [] })),
        ),
        ("GET", "/v1/conversations", None),
        ("GET", "/v1/conversations/{id}", None),
        ("PATCH", "/v1/conversations/{id}", Some(json!({}))),
        (
            "POST",
            "/v1/conversations/{id}/messages",
            Some(json!({ "content": "x" })),
        ),
        ("GET", "/v1/conversations/{id}/messages", None),
        ("GET", "/v1/conversations/{id}/messages/search", None),
        (
            "PATCH",
            "/v1/conversations/{id}/messages/{message_id}",
            Some(json!({ "content": "y" })),
        ),
        ("POST", "/v1/events/tickets", None),
        ("GET", "/v1/media", None),
        ("GET", "/v1/media/{id}", None),
        ("GET", "/.well-known/jwks.json", None),
    ] {
        let request = user.request(method, &filled(template, &subject));
        let answer = match body {
            Some(body) => request.json(body).await,
            None => request.await,
        };
        let responses = &description["paths"][template][method.to_lowercase()]["responses"];
        let response = resolved(&description, &responses[answer.status.to_string()]);
        let schema = &response["content"]["application/json"]["schema"];
        assert!(
            schema.is_object(),
            "{method} {template} answers {} without a schema",
            answer.status
        );
        is_as_described(&description, schema, &answer.json());
    }
}

#[tokio::test]
async fn described_bounds_are_the_real_ones() {
    let nova = Nova::shared().await;
    let description = description(&nova).await;
    let body = &description["paths"]["/v1/posts"]["post"]["requestBody"]["content"]["application/json"]
        ["schema"];
    let content = resolved(
        &description,
        &resolved(&description, body)["properties"]["content"],
    );
    let longest = content["maxLength"].as_u64().expect("a bound of content");
    let longest = usize::try_from(longest).expect("a bound of content");
    let user = nova.user("bounds").await;
    user.publish(json!({ "content": "a".repeat(longest) }))
        .await;
    let answer = user
        .post("/v1/posts")
        .json(json!({ "content": "a".repeat(longest + 1) }))
        .await;
    assert_eq!(answer.status, 400, "{}", answer.text());

    for (path, _, operation) in operations(&description) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["name"] == "limit" {
                let schema = resolved(&description, &parameter["schema"]);
                let bounds = (&schema["minimum"], &schema["maximum"], &schema["default"]);
                assert_eq!(bounds, (&json!(1), &json!(100), &json!(20)), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn the_docs_need_nothing_from_outside() {
    let nova = Nova::shared().await;
    let page = nova.get("/docs").await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html")),
        "{:?}",
        page.headers
    );
    let html = page.text();
    let assets = references(&html);
    assert!(!assets.is_empty(), "{html}");
    let mut scripts = String::new();
    for asset in assets {
        assert!(!asset.contains("//"), "{asset} is outside");
        let path = match asset.strip_prefix('/') {
            Some(_) => asset.clone(),
            None => format!("/docs/{}", asset.trim_start_matches("./")),
        };
        let answer = nova.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        if path.ends_with("initializer.js") {
            scripts.push_str(&answer.text());
        }
    }
    assert!(
        (html + &scripts).contains("/openapi.json"),
        "the page shows another description"
    );
}

#[tokio::test]
async fn what_the_docs_have_not_is_404_as_elsewhere() {
    let nova = Nova::shared().await;
    let paths = [
        "/docs/there-is-no-such-asset.js",
        "/docs/a/b",
        "/docs/%00",
        "/docs/%FF",
    ];
    for path in paths {
        is_refused(&nova.get(path).await, 404, "not_found");
    }
}

/// What the `src` and `href` attributes of a page name, but for data and places in the page.
pub(crate) fn references(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for attribute in ["src=", "href="] {
        for rest in html.split(attribute).skip(1) {
            let quote = rest
                .chars()
                .next()
                .filter(|character| ['"', '\''].contains(character));
            let value = quote
                .and_then(|quote| rest[1..].split(quote).next())
                .unwrap_or_default();
            if !value.is_empty() && !value.starts_with("data:") && !value.starts_with('#') {
                found.push(value.to_owned());
            }
        }
    }
    found
}
