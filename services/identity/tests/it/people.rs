//! What people do to each other, and see of each other.

use nova_testkit::{Answer, App};
use serde_json::{Value, json};

use crate::Person;

pub(crate) async fn send(app: &App, person: &Person, method: &str, path: &str) -> Answer {
    let request = app.request(method, path);
    request.bearer(&person.access_token).await
}

pub(crate) async fn follow(app: &App, one: &Person, other: &Person) -> Answer {
    send(app, one, "PUT", &format!("/v1/users/{}/follow", other.id)).await
}

pub(crate) async fn unfollow(app: &App, one: &Person, other: &Person) -> Answer {
    let path = format!("/v1/users/{}/follow", other.id);
    send(app, one, "DELETE", &path).await
}

pub(crate) async fn block(app: &App, one: &Person, other: &Person) -> Answer {
    send(app, one, "PUT", &format!("/v1/users/{}/block", other.id)).await
}

pub(crate) async fn unblock(app: &App, one: &Person, other: &Person) -> Answer {
    let path = format!("/v1/users/{}/block", other.id);
    send(app, one, "DELETE", &path).await
}

/// The one accepts the request of the other, with PUT, or refuses it, with DELETE.
pub(crate) async fn answer(app: &App, one: &Person, method: &str, other: &str) -> Answer {
    let path = format!("/v1/users/me/follow-requests/{other}");
    send(app, one, method, &path).await
}

/// Locks or unlocks the account, and gives back what it is then.
pub(crate) async fn lock(app: &App, person: &Person, locked: bool) -> Value {
    let request = app.patch("/v1/users/me").bearer(&person.access_token);
    let account = request.json(json!({ "locked": locked })).await.expect(200);
    assert_eq!(account["locked"], locked);
    account
}

/// The names in a list, as somebody sees it, read in pages of `limit`, each of which is full but the last.
pub(crate) async fn names(
    app: &App,
    viewer: Option<&Person>,
    list: &str,
    limit: usize,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let request = app.get(&format!("{list}?limit={limit}{cursor}"));
        let page = match viewer {
            Some(viewer) => request.bearer(&viewer.access_token).await,
            None => request.await,
        };
        let page = page.expect(200);
        let items = page["items"].as_array().expect("items");
        let name = |user: &Value| user["username"].as_str().expect("a name").to_owned();
        names.extend(items.iter().map(name));
        let Some(next) = page["next_cursor"].as_str() else {
            return names;
        };
        assert_eq!(items.len(), limit);
        cursor = format!("&cursor={next}");
    }
}

pub(crate) async fn followers(app: &App, viewer: &Person, of: &Person) -> Vec<String> {
    let list = format!("/v1/users/{}/followers", of.id);
    names(app, Some(viewer), &list, 100).await
}

pub(crate) async fn requests(app: &App, person: &Person) -> Vec<String> {
    names(app, Some(person), "/v1/users/me/follow-requests", 100).await
}
