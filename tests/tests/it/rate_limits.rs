//! Limits on sign-in, registration and writes: per user and per address, announced and enforced.

use std::time::Instant;

use nova_proto::content::v1::CreatePostRequest;
use nova_proto::content::v1::content_service_client::ContentServiceClient;
use nova_testkit::{Answer, Request};
use nova_tests::checks::is_refused;
use nova_tests::{Nova, User, id_of, unique};
use serde_json::json;
use tonic::Code;
use tonic::transport::Channel;

const ON: &[(&str, &str)] = &[("NOVA_RATE_LIMIT", "on")];

/// A limit is reached within so many requests, or there is none.
const PATIENCE: usize = 20_000;
const AT_ONCE: usize = 16;

/// The numbers in a structured field such as `"writes";r=299;t=1`, by their names.
fn parameter(field: &str, name: &str) -> u64 {
    let value = field
        .split(';')
        .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no number {name} in {field}"))
}

#[track_caller]
fn announces_its_limit(answer: &Answer) {
    let header = |name| {
        answer
            .header(name)
            .unwrap_or_else(|| panic!("no {name} in {:?}", answer.headers))
    };
    let (policy, left) = (header("ratelimit-policy"), header("ratelimit"));
    assert!(
        parameter(policy, "q") > 0 && parameter(policy, "w") > 0,
        "{policy}"
    );
    assert!(
        parameter(left, "r") <= parameter(policy, "q"),
        "{left} of {policy}"
    );
    assert!(
        policy.starts_with('"') && left.starts_with('"'),
        "{left} of {policy}"
    );
}

#[track_caller]
fn is_too_many(answer: &Answer) {
    is_refused(answer, 429, "too_many_requests");
    let wait = answer
        .header("retry-after")
        .and_then(|seconds| seconds.parse::<u64>().ok());
    let wait = wait.unwrap_or_else(|| panic!("no Retry-After in {:?}", answer.headers));
    assert!((1..=600).contains(&wait), "{wait}");
}

/// Sends requests until one is answered 429, and gives how many were not, with that answer.
async fn exhaust(request: impl Fn() -> Request) -> (usize, Answer) {
    let mut passed = 0;
    while passed < PATIENCE {
        let mut answers = Vec::new();
        let sent: Vec<_> = (0..AT_ONCE)
            .map(|_| tokio::spawn(request().into_future()))
            .collect();
        for answer in sent {
            answers.push(answer.await.expect("an answer"));
        }
        passed += answers.iter().filter(|answer| answer.status != 429).count();
        if let Some(refused) = answers.into_iter().find(|answer| answer.status == 429) {
            return (passed, refused);
        }
    }
    panic!("{passed} requests were all let through");
}

/// A write that costs little: it is refused, but it counts.
fn write(user: &User) -> Request {
    user.post("/v1/posts").json(json!({ "content": "" }))
}

/// A read that costs little, likewise: while they are sent, 50 a second more are let through.
fn read(user: &User) -> Request {
    user.get("/v1/feed?limit=none")
}

#[tokio::test]
async fn writes_are_limited_per_user() {
    let nova = Nova::start_with(ON).await;
    let (busy, other) = (nova.user("busy").await, nova.user("other").await);
    let first = busy.post("/v1/posts").json(json!({ "content": "x" })).await;
    let post = id_of(&first.expect(201));
    announces_its_limit(&first);

    let (passed, refused) = exhaust(|| write(&busy)).await;
    is_too_many(&refused);
    announces_its_limit(&refused);
    assert!(passed >= 100, "only {passed}");
    let path = format!("/v1/posts/{post}");
    // Some are let through again by now, but no such number.
    let (again, refused) = exhaust(|| busy.patch(&path).json(json!({}))).await;
    is_too_many(&refused);
    assert!(again < passed / 2, "{again} after {passed}");
    // Reading goes on, and so does everybody else.
    busy.get(&path).await.expect(200);
    busy.get("/v1/feed").await.expect(200);
    other.say("still here").await;
    nova.finish().await;
}

#[tokio::test]
async fn reads_are_limited_per_user_and_generously() {
    let nova = Nova::start_with(ON).await;
    let (busy, other) = (nova.user("busy").await, nova.user("other").await);
    // What is far from its limit is not told of it.
    assert_eq!(busy.get("/v1/feed").await.header("ratelimit"), None);
    let (passed, refused) = exhaust(|| read(&busy)).await;
    is_too_many(&refused);
    announces_its_limit(&refused);
    assert!(passed >= 1_000, "only {passed}");
    other.get("/v1/feed").await.expect(200);
    // Each service has a limit of its own, and writing goes on.
    busy.get("/v1/users/me").await.expect(200);
    busy.say("still here").await;
    nova.finish().await;
}

#[tokio::test]
async fn follows_and_edits_of_profiles_are_limited_too() {
    let nova = Nova::start_with(ON).await;
    let busy = nova.user("busy").await;
    announces_its_limit(&busy.patch("/v1/users/me").json(json!({})).await);
    let path = format!("/v1/users/{}/follow", busy.id);
    let (_, refused) = exhaust(|| busy.put(&path)).await;
    is_too_many(&refused);
    nova.finish().await;
}

#[tokio::test]
async fn writes_are_limited_per_address_too() {
    let nova = Nova::start_with(ON).await;
    let mut users = Vec::new();
    for _ in 0..10 {
        users.push(nova.user("crowd").await);
    }
    let (of_one, refused) = exhaust(|| write(&users[0])).await;
    is_too_many(&refused);
    for (before, user) in users.iter().enumerate().skip(1) {
        let (passed, refused) = exhaust(|| write(user)).await;
        is_too_many(&refused);
        if passed < of_one / 2 {
            // It was not what this one has written: the address is known by now.
            assert!(before >= 2, "the address may write no more than a user");
            let (anonymous, refused) = exhaust(|| nova.post("/v1/posts")).await;
            is_too_many(&refused);
            assert!(anonymous < of_one / 2, "{anonymous} after {passed}");
            nova.finish().await;
            return;
        }
    }
    panic!("ten users of one address wrote {of_one} times each, and the address may still write");
}

#[tokio::test]
async fn sign_ins_are_limited_per_account() {
    let nova = Nova::start_with(ON).await;
    let (target, other) = (nova.user("target").await, nova.user("other").await);
    let attempt = |user: &User, password: &str| {
        nova.post("/v1/auth/login")
            .json(json!({ "username": user.username, "password": password }))
    };
    announces_its_limit(&attempt(&target, "wrong").await);
    let (passed, refused) = exhaust(|| attempt(&target, "wrong")).await;
    is_too_many(&refused);
    assert!(passed <= 60, "{passed} guesses");
    // Not even with the right password now: else guessing would go on.
    let (again, refused) = exhaust(|| attempt(&target, &target.password)).await;
    is_too_many(&refused);
    assert!(again < passed / 2, "{again} after {passed}");
    attempt(&other, &other.password).await.expect(200);
    nova.finish().await;
}

#[tokio::test]
async fn a_limit_does_not_tell_whether_there_is_such_an_account() {
    let nova = Nova::start_with(ON).await;
    let user = nova.user("there").await;
    let attempt = |username: &str| {
        let credentials = json!({ "username": username, "password": "wrong" });
        nova.post("/v1/auth/login").json(credentials)
    };
    let nobody = unique("nobody");
    for username in [&user.username, &nobody] {
        let began = Instant::now();
        let first = attempt(username).await;
        let policy = first.header("ratelimit-policy").expect("a policy");
        let (quota, window) = (parameter(policy, "q"), parameter(policy, "w"));
        let mut passed = 1;
        while attempt(username).await.status != 429 {
            passed += 1;
        }
        let meanwhile = began.elapsed().as_secs() * quota / window + 1;
        assert!(
            (quota..=quota + meanwhile).contains(&passed),
            "{passed} of {quota} for {username}"
        );
    }
    nova.finish().await;
}

#[tokio::test]
async fn registrations_are_limited_per_address() {
    let nova = Nova::start_with(ON).await;
    let register = || {
        let username = unique("many");
        let email = format!("{username}@example.org");
        nova.post("/v1/auth/register")
            .json(json!({ "username": username, "email": email, "password": "long enough" }))
    };
    let first = register().await;
    first.expect(201);
    announces_its_limit(&first);
    let (passed, refused) = exhaust(register).await;
    is_too_many(&refused);
    assert!(passed <= 300, "{passed} accounts");
    nova.finish().await;
}

#[tokio::test]
async fn who_writes_another_address_on_the_envelope_is_not_believed() {
    let nova = Nova::start_with(ON).await;
    let user = nova.user("liar").await;
    let counter = std::sync::atomic::AtomicU32::new(0);
    let spoofed = || {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let address = format!(
            "10.{}.{}.{}",
            number >> 16 & 255,
            number >> 8 & 255,
            number & 255
        );
        let credentials = json!({ "username": format!("u{number}"), "password": "wrong" });
        nova.post("/v1/auth/login")
            .header("x-forwarded-for", address)
            .json(credentials)
    };
    let (_, refused) = exhaust(spoofed).await;
    is_too_many(&refused);
    // Reading is not what was limited.
    user.get("/v1/feed").await.expect(200);
    nova.finish().await;
}

#[tokio::test]
async fn turned_off_nothing_is_limited() {
    let nova = Nova::shared().await;
    let user = nova.user("free").await;
    for _ in 0..40 {
        let answers: Vec<_> = (0..AT_ONCE)
            .map(|_| tokio::spawn(write(&user).into_future()))
            .collect();
        for answer in answers {
            assert_ne!(answer.await.expect("an answer").status, 429);
        }
    }
    let answer = user.post("/v1/posts").json(json!({ "content": "x" })).await;
    answer.expect(201);
    assert_eq!(answer.header("retry-after"), None);
}

#[tokio::test]
async fn behind_a_proxy_the_address_is_the_one_it_tells() {
    let nova = Nova::start_with(&[("NOVA_RATE_LIMIT", "on"), ("NOVA_TRUSTED_PROXIES", "1")]).await;
    let login = |address: &str| {
        let credentials = json!({ "username": unique("nobody"), "password": "wrong" });
        let request = nova.post("/v1/auth/login").json(credentials);
        request.header("x-forwarded-for", format!("203.0.113.77, {address}"))
    };
    let (_, refused) = exhaust(|| login("198.51.100.1")).await;
    is_too_many(&refused);
    is_refused(&login("198.51.100.2").await, 401, "invalid_credentials");
    nova.finish().await;
}

#[tokio::test]
async fn writes_over_grpc_are_limited_as_well() {
    let nova = Nova::start_with(ON).await;
    let user = nova.user("busy").await;
    let channel = Channel::from_shared(nova.base_url.clone()).expect("an address");
    let channel = channel.connect().await.expect("a connection");
    let mut grpc = ContentServiceClient::new(channel);
    for _ in 0..PATIENCE {
        let mut request = tonic::Request::new(CreatePostRequest::default());
        let token = format!("Bearer {}", user.access_token);
        request
            .metadata_mut()
            .insert("authorization", token.parse().expect("a header"));
        let refusal = grpc.create_post(request).await.expect_err("a refusal");
        if refusal.code() == Code::ResourceExhausted {
            nova.finish().await;
            return;
        }
        assert_eq!(refusal.code(), Code::InvalidArgument);
    }
    panic!("no limit over gRPC");
}
