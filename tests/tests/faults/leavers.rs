//! Users who leave, and come back if they are in time. Nobody but their witnesses follows them.

use anyhow::{Context, ensure};
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::client::{Client, Request};
use crate::oracle::{Acknowledged, flaws};
use crate::patience::until;
use crate::quiet::connect;
use crate::reading::{Verdict, whole};
use crate::users::{self, User};

/// How long an account is kept: a kill may last longer, or not.
pub(crate) const GRACE: &str = "2s";

/// One who has an account, leaves it, comes back or is too late and makes the next one; and a witness who follows each.
pub(crate) struct Leaver {
    name: String,
    witness: User,
    account: User,
    is_gone: bool,
    /// Of the account, not of those before.
    posts: Vec<Acknowledged>,
    /// Ids of the accounts before, which are erased.
    erased: Vec<String>,
    /// Accounts that were made, the witness's too.
    registered: usize,
    /// Posts of all accounts.
    posted: usize,
    left: usize,
    returned: usize,
}

impl Leaver {
    pub(crate) async fn register(client: &Client, number: usize) -> anyhow::Result<Self> {
        let name = format!("leaver_{number}");
        let witness = users::register_one(client, &format!("witness_{number}")).await?;
        let mut leaver = Self {
            account: users::register_one(client, &format!("{name}_0")).await?,
            name,
            witness,
            is_gone: false,
            posts: Vec::new(),
            erased: Vec::new(),
            registered: 2,
            posted: 0,
            left: 0,
            returned: 0,
        };
        leaver.witness.turn(client, &leaver.account.id).await?;
        Ok(leaver)
    }

    /// Does the next thing.
    pub(crate) async fn act(&mut self, client: &Client, random: &mut StdRng) -> anyhow::Result<()> {
        match (self.is_gone, random.random_range(0..4)) {
            (false, 0..3) => self.post(client).await,
            (false, _) => self.leave(client).await,
            (true, _) => self.come_back(client).await,
        }
    }

    /// Events that feed is to handle of them.
    pub(crate) const fn events_of_feed(&self) -> usize {
        self.registered + self.posted + self.events_of_content()
    }

    /// Events that content is to handle of them: follows, and how accounts came to where they are.
    pub(crate) const fn events_of_content(&self) -> usize {
        let gone = if self.is_gone { 1 } else { 0 };
        self.witness.changes + self.left + self.returned + self.erased.len() + gone
    }

    /// How often the account was left, how often it was taken back, and how often it was too late.
    pub(crate) const fn counts(&self) -> (usize, usize, usize) {
        let gone = if self.is_gone { 1 } else { 0 };
        (self.left, self.returned, self.erased.len() + gone)
    }

    async fn post(&mut self, client: &Client) -> anyhow::Result<()> {
        self.posted += 1;
        let mark = format!("{}-{}", self.name, self.posted);
        let draft = json!({ "content": mark, "visibility": "PUBLIC", "tags": [mark] });
        let request = Request::new("POST", "/v1/posts").by(&self.account.token);
        let request = request.key(&mark).json(draft);
        let post = client.persist(&request, &[201], &[]).await?.json()?;
        self.posts.push(Acknowledged {
            post,
            deleted: false,
        });
        Ok(())
    }

    async fn leave(&mut self, client: &Client) -> anyhow::Result<()> {
        let request = Request::new("DELETE", "/v1/users/me").by(&self.account.token);
        let request = request.json(json!({ "password": users::password(self.username()?) }));
        // Whoever has left has no session.
        client.persist(&request, &[202], &[401]).await?;
        (self.is_gone, self.left) = (true, self.left + 1);
        self.expect_profile(client, 404).await
    }

    async fn come_back(&mut self, client: &Client) -> anyhow::Result<()> {
        let name = self.username()?;
        let password = users::password(name);
        let request = Request::new("POST", "/v1/auth/login");
        let request = request.json(json!({ "username": name, "password": password }));
        let answer = client.persist(&request, &[200, 401], &[]).await?;
        self.is_gone = false;
        if answer.status == 200 {
            let session = answer.json()?;
            let token = session["access_token"].as_str().context("no token")?;
            token.clone_into(&mut self.account.token);
            self.returned += 1;
            return self.expect_profile(client, 200).await;
        }
        self.posts.clear();
        self.erased.push(self.account.id.clone());
        let name = format!("{}_{}", self.name, self.erased.len());
        self.account = users::register_one(client, &name).await?;
        self.registered += 1;
        self.witness.turn(client, &self.account.id).await
    }

    async fn expect_profile(&self, client: &Client, status: u16) -> anyhow::Result<()> {
        let request = Request::new("GET", &format!("/v1/users/{}", self.account.id));
        client.persist(&request, &[status], &[]).await?;
        Ok(())
    }

    fn username(&self) -> anyhow::Result<&str> {
        self.account.shown["username"].as_str().context("no name")
    }

    /// What the witness sees: all of an account that is there, and nothing of those that are not.
    async fn judge(&self, client: &Client, verdict: &mut Verdict) -> anyhow::Result<()> {
        let items = whole(client, "/v1/feed", &self.witness).await?;
        let seen: Vec<Value> = items.iter().map(|item| item["post"].clone()).collect();
        let found = flaws(&self.posts, |_| !self.is_gone, &seen);
        verdict.add(&format!("feed of the witness of {}", self.name), found);
        let mut gone: Vec<&String> = self.erased.iter().collect();
        if self.is_gone {
            gone.push(&self.account.id);
        } else {
            let path = format!("/v1/users/{}/posts", self.account.id);
            let seen = whole(client, &path, &self.witness).await?;
            verdict.add(
                &format!("posts of {}", self.name),
                flaws(&self.posts, |_| true, &seen),
            );
        }
        for id in gone {
            let path = format!("/v1/users/{id}");
            let request = Request::new("GET", &path).by(&self.witness.token);
            client.persist(&request, &[404], &[]).await?;
            // A list of nobody's posts is empty.
            let path = format!("{path}/posts");
            let seen = whole(client, &path, &self.witness).await?;
            verdict.add(&path, flaws(&[], |_| false, &seen));
        }
        Ok(())
    }
}

/// What is wrong with what others see of all of them.
pub(crate) async fn judge(client: &Client, leavers: &[Leaver]) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    for leaver in leavers {
        leaver.judge(client, &mut verdict).await?;
    }
    Ok(verdict)
}

/// Waits until of accounts that are erased nothing is left but ids that keep what is late from coming back.
pub(crate) async fn are_erased(postgres: &str, leavers: &[Leaver]) -> anyhow::Result<()> {
    const LEFT: [(&str, &str); 3] = [
        (
            "identity",
            "SELECT (SELECT count(*) FROM users WHERE id = ANY($1::text[]::uuid[]))
                  + (SELECT count(*) FROM sessions WHERE user_id = ANY($1::text[]::uuid[]))
                  + (SELECT count(*) FROM follows WHERE followee_id = ANY($1::text[]::uuid[]))",
        ),
        (
            "content",
            "SELECT count(*) FROM posts WHERE author_id = ANY($1::text[]::uuid[])",
        ),
        (
            "feed",
            "SELECT (SELECT count(*) FROM posts WHERE author_id = ANY($1::text[]::uuid[]))
                  + (SELECT count(*) FROM follows WHERE followee_id = ANY($1::text[]::uuid[]))",
        ),
    ];
    let mut ids = Vec::new();
    for leaver in leavers {
        ids.extend(leaver.erased.iter().cloned());
        if leaver.is_gone {
            ids.push(leaver.account.id.clone());
        }
    }
    for (service, left) in LEFT {
        until("what is erased is gone", async || {
            let mut database = connect(postgres, service).await?;
            let query = sqlx::query_scalar::<_, i64>(left).bind(&ids);
            let rows = query.fetch_one(&mut database).await?;
            Ok(if rows == 0 {
                Ok(())
            } else {
                Err(format!("{service} has {rows} rows"))
            })
        })
        .await?;
    }
    ensure!(
        !leavers.is_empty(),
        "somebody was to leave, or nothing is tried here"
    );
    Ok(())
}
