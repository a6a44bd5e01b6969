//! Reading lists, page by page.

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::client::{Client, Request};
use crate::oracle::{Acknowledged, Flaw, flaws, id, misplaced};
use crate::users::User;

const LONGEST_PAGE: usize = 100;

/// What was found in all lists of all readers.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Each with the list that it was found in.
    found: Vec<(String, Flaw)>,
}

impl Verdict {
    pub(crate) fn is_good(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    pub(crate) fn add(&mut self, place: &str, flaws: Vec<Flaw>) {
        let flaws = flaws.into_iter().map(|flaw| (place.to_owned(), flaw));
        self.found.extend(flaws);
    }

    pub(crate) fn count(&self, is_it: impl Fn(&Flaw) -> bool) -> usize {
        self.found.iter().filter(|(_, flaw)| is_it(flaw)).count()
    }

    /// At most so many of them, a line each.
    pub(crate) fn first(&self, count: usize) -> String {
        let lines = self
            .found
            .iter()
            .take(count)
            .map(|(list, flaw)| format!("{list}: {flaw}\n"));
        lines.collect()
    }
}

/// Reads every home feed and everyone's view of everyone's posts.
pub(crate) async fn judge(
    client: &Client,
    users: &[User],
    acknowledged: &[Acknowledged],
) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for reader in users {
        let items = whole(client, "/v1/feed", reader).await?;
        for item in &items {
            let author = users
                .iter()
                .find(|user| item["post"]["author_id"] == user.id.as_str());
            let shown = author.map(|author| &author.shown);
            ensure!(
                shown == Some(&item["author"]),
                "an author is not shown as they are: {item}"
            );
        }
        let posts: Vec<Value> = items.iter().map(|item| item["post"].clone()).collect();
        let list = format!("feed of {}", reader.shown["username"]);
        let found = flaws(acknowledged, |post| reader.is_told(post), &posts);
        verdict.add(&list, found);
        for author in users {
            let posts = whole(client, &format!("/v1/users/{}/posts", author.id), reader).await?;
            let belongs =
                |post: &Value| post["author_id"] == author.id.as_str() && reader.may_see(post);
            let (reader, author) = (&reader.shown["username"], &author.shown["username"]);
            let list = format!("posts of {author} as {reader} sees them");
            let found = flaws(acknowledged, belongs, &posts);
            verdict.add(&list, found);
        }
    }
    Ok(verdict)
}

/// All of a list.
pub(crate) async fn whole(
    client: &Client,
    path: &str,
    reader: &User,
) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let request = page(path, reader, LONGEST_PAGE, cursor.as_deref());
        let mut page = client.persist(&request, &[200], &[]).await?.json()?;
        items.append(
            page["items"]
                .as_array_mut()
                .context("a page without items")?,
        );
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(items),
        }
    }
}

/// Reads the newest pages of a home feed while everything changes. What comes late is no flaw then, but
/// there must be nothing twice, nothing out of order, and nothing that the reader may not see.
pub(crate) async fn read_some(
    client: &Client,
    reader: &User,
    limit: usize,
    pages: usize,
) -> anyhow::Result<()> {
    let mut posts: Vec<Value> = Vec::new();
    let mut cursor = None;
    for _ in 0..pages {
        let request = page("/v1/feed", reader, limit, cursor.as_deref());
        // What is away now is asked again by whoever reads next.
        let Some(answer) = client.attempt(&request, &[200]).await? else {
            break;
        };
        let page = answer.json()?;
        let items = page["items"].as_array().context("a page without items")?;
        posts.extend(items.iter().map(|item| item["post"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    for post in &posts {
        ensure!(reader.is_told(post), "{} was told of {post}", reader.id);
        let same = posts.iter().filter(|other| id(other) == id(post)).count();
        ensure!(
            same == 1,
            "{} was shown {post} {same} times in a row of pages",
            reader.id
        );
    }
    let misplaced = misplaced(&posts);
    ensure!(misplaced.is_none(), "{}: {misplaced:?}", reader.id);
    Ok(())
}

fn page(path: &str, reader: &User, limit: usize, cursor: Option<&str>) -> Request {
    let cursor = cursor
        .map(|cursor| format!("&cursor={cursor}"))
        .unwrap_or_default();
    Request::new("GET", &format!("{path}?limit={limit}{cursor}")).by(&reader.token)
}
