//! All that is kept of a user as a ZIP, made while it is sent: of each list a page is in memory, of each service a part.

use std::vec::IntoIter;

use futures::Stream;
use futures::stream::try_unfold;
use nova_ids::{ExportId, SessionId, UserId};
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::State;
use crate::domain::{Account, Archive, Export, Listed, Position, Session, UserList, file_of};
use crate::error::Error;
use crate::{events, store};

/// Lines of a list that are read at a time.
const PAGE: i64 = 500;

/// Bytes that are pressed together before others have the processor: a millisecond or two.
const PIECE: usize = 64 * 1_024;

/// What the files are.
const README: &str = include_str!("archives/README.txt");

impl State {
    /// The export as a ZIP, piece by piece; each is smaller than 256 KiB. It ends early when the export is over
    /// meanwhile, or another takes its place, and when the database fails: then with an error.
    pub fn archive(
        &self,
        account: &Account,
        export: Export,
    ) -> impl Stream<Item = Result<Vec<u8>, Error>> + Send + use<> {
        let writing = Writing::new(self.clone(), account, export);
        try_unfold(writing, |writing| async {
            match writing {
                Ok(writing) => {
                    let next = Box::pin(writing.next()).await?;
                    Ok(next.map(|(piece, rest)| (piece, Ok(rest))))
                }
                Err(error) => Err(error),
            }
        })
    }

    /// The user, and the export that is there for them.
    ///
    /// # Errors
    /// When there is no such user, when there is none that is ready, and when the database fails.
    pub async fn ready_export(&self, user: UserId) -> Result<(Account, Export), Error> {
        let pool = &self.database.pool;
        let account = store::users::find_account(pool, user).await?;
        let account = account.ok_or(Error::UnknownCaller)?;
        let export = store::exports::find(pool, user).await?;
        let now = OffsetDateTime::now_utc();
        let export = export.filter(|export| export.is_ready(now));
        Ok((account, export.ok_or(Error::NoExport)?))
    }
}

/// A file that is yet to be written.
struct File {
    name: String,
    content: Content,
}

enum Content {
    Whole(Vec<u8>),
    /// A JSON array.
    Items(Source),
}

/// Where the next items of an array come from.
enum Source {
    Sessions(SessionId),
    Users(UserList, Position),
    Part(&'static str, i32),
}

/// A ZIP that is being written.
struct Writing {
    state: State,
    user: UserId,
    export: ExportId,
    archive: Archive,
    files: IntoIter<File>,
    /// Where the array that is being written goes on.
    source: Option<Source>,
    /// Whether it has no items yet.
    is_empty: bool,
    /// What is to be written next, and how much of it has been.
    text: Vec<u8>,
    written: usize,
    is_whole: bool,
}

impl Writing {
    fn new(state: State, account: &Account, export: Export) -> Result<Self, Error> {
        Ok(Self {
            state,
            user: account.user.id,
            export: export.id,
            archive: Archive::new(OffsetDateTime::now_utc()),
            files: files(account)?.into_iter(),
            source: None,
            is_empty: true,
            text: Vec::new(),
            written: 0,
            is_whole: false,
        })
    }

    /// The next piece of the ZIP; none behind the last one.
    async fn next(mut self) -> Result<Option<(Vec<u8>, Self)>, Error> {
        loop {
            let piece = self.archive.take();
            if !piece.is_empty() {
                return Ok(Some((piece, self)));
            }
            if self.is_whole {
                return Ok(None);
            }
            self.go_on().await?;
            tokio::task::yield_now().await;
        }
    }

    async fn go_on(&mut self) -> Result<(), Error> {
        if self.written < self.text.len() {
            let end = self.text.len().min(self.written + PIECE);
            if let Some(piece) = self.text.get(self.written..end) {
                self.archive.write(piece)?;
            }
            self.written = end;
        } else if let Some(source) = self.source.take() {
            self.read(source).await?;
        } else if let Some(file) = self.files.next() {
            self.archive.begin(&file.name)?;
            match file.content {
                Content::Whole(text) => self.write(text),
                Content::Items(source) => {
                    self.source = Some(source);
                    self.is_empty = true;
                    self.write(b"[".to_vec());
                }
            }
        } else {
            self.archive.finish()?;
            self.is_whole = true;
        }
        Ok(())
    }

    fn write(&mut self, text: Vec<u8>) {
        self.text = text;
        self.written = 0;
    }

    /// Reads the next items of the array, and ends it behind the last ones.
    async fn read(&mut self, source: Source) -> Result<(), Error> {
        let (items, rest) = match source {
            Source::Sessions(after) => self.sessions(after).await?,
            Source::Users(list, after) => self.users(list, after).await?,
            Source::Part(service, number) => self.part(service, number).await?,
        };
        let mut text = Vec::with_capacity(items.len() + 8);
        if !items.is_empty() {
            text.extend(if self.is_empty { &b"\n"[..] } else { b",\n" });
            text.extend(items);
            self.is_empty = false;
        }
        if rest.is_none() {
            text.extend(b"\n]\n");
        }
        self.write(text);
        self.source = rest;
        Ok(())
    }

    async fn sessions(&self, after: SessionId) -> Result<(Vec<u8>, Option<Source>), Error> {
        let pool = &self.state.database.pool;
        let now = OffsetDateTime::now_utc();
        let sessions = store::sessions::list(pool, self.user, after, now, PAGE).await?;
        let rest = sessions.last().filter(|_| is_full(&sessions));
        let rest = rest.map(|last| Source::Sessions(last.id));
        Ok((joined(sessions.iter().map(SessionLine::from))?, rest))
    }

    async fn users(
        &self,
        list: UserList,
        after: Position,
    ) -> Result<(Vec<u8>, Option<Source>), Error> {
        let pool = &self.state.database.pool;
        let lines = store::lists::read(pool, list, Some(self.user), after, PAGE).await?;
        let rest = lines.last().filter(|_| is_full(&lines));
        let rest = rest.map(|last| Source::Users(list, last.position()));
        Ok((joined(lines.iter().map(UserLine::from))?, rest))
    }

    async fn part(
        &self,
        service: &'static str,
        number: i32,
    ) -> Result<(Vec<u8>, Option<Source>), Error> {
        let pool = &self.state.database.pool;
        let part = store::exports::part(pool, self.export, service, number).await?;
        let (items, last) = part.ok_or(Error::NoExport)?;
        Ok((items, (!last).then_some(Source::Part(service, number + 1))))
    }
}

fn is_full<T>(page: &[T]) -> bool {
    page.len() as i64 == PAGE
}

/// All files, in their order.
fn files(account: &Account) -> Result<Vec<File>, Error> {
    let user = account.user.id;
    let whole = |name: &str, text: Vec<u8>| File {
        name: name.to_owned(),
        content: Content::Whole(text),
    };
    let items = |name: String, source| File {
        name,
        content: Content::Items(source),
    };
    let mut files = vec![
        whole("README.txt", README.into()),
        whole("profile.json", serde_json::to_vec_pretty(account)?),
        items(
            "sessions.json".to_owned(),
            Source::Sessions(Uuid::max().into()),
        ),
    ];
    let lists = [
        ("follows.json", UserList::Following(user)),
        ("followers.json", UserList::Followers(user)),
        ("follow-requests-made.json", UserList::RequestsMade(user)),
        ("follow-requests.json", UserList::FollowRequests(user)),
        ("blocks.json", UserList::Blocks(user)),
        ("mutes.json", UserList::Mutes(user)),
    ];
    let lists = lists.into_iter().map(|(name, list)| {
        let source = Source::Users(list, Position::start());
        items(name.to_owned(), source)
    });
    files.extend(lists);
    let services = events::exporting_services();
    files.extend(services.map(|service| items(file_of(service), Source::Part(service, 1))));
    Ok(files)
}

/// The lines as JSON, with commas between them.
fn joined(lines: impl Iterator<Item = impl Serialize>) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    for line in lines {
        if !text.is_empty() {
            text.extend(b",\n");
        }
        serde_json::to_writer(&mut text, &line)?;
    }
    Ok(text)
}

/// Where the user is signed in.
#[derive(Serialize)]
struct SessionLine<'a> {
    id: SessionId,
    #[serde(with = "nova_service::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "nova_service::rfc3339")]
    last_used_at: OffsetDateTime,
    address: Option<&'a str>,
    user_agent: Option<&'a str>,
}

impl<'a> From<&'a Session> for SessionLine<'a> {
    fn from(session: &'a Session) -> Self {
        Self {
            id: session.id,
            created_at: session.id.made_at(),
            last_used_at: session.last_used_at,
            address: session.device.address.as_deref(),
            user_agent: session.device.user_agent.as_deref(),
        }
    }
}

/// Somebody in a list.
#[derive(Serialize)]
struct UserLine<'a> {
    user_id: UserId,
    username: &'a str,
    #[serde(with = "nova_service::rfc3339")]
    since: OffsetDateTime,
}

impl<'a> From<&'a Listed> for UserLine<'a> {
    fn from(line: &'a Listed) -> Self {
        Self {
            user_id: line.user.id,
            username: &line.user.username,
            since: line.since,
        }
    }
}
