//! Telling a socket what it missed.

use super::encoding::Frames;
use super::session::{End, Session, Transport};
use crate::commands;
use crate::domain::{Change, Gap};
use crate::store::changes;

impl<T: Transport> Session<T> {
    /// Tells pages of changes in their order: while one is written and sent the next is read.
    pub(super) async fn tell_missed(
        &mut self,
        pages: &[commands::Page],
        gaps: &mut Vec<Gap>,
    ) -> Result<(), End> {
        let state = self.state.clone();
        let read = async |page: Option<&commands::Page>| match page {
            Some(page) => {
                let page = changes::of(&state.database.pool, page);
                state.arriving(page).await
            }
            None => Ok(Vec::new()),
        };
        let mut pages = pages.iter();
        let mut page = pages.next();
        let mut changes = read(page).await?;
        while let Some(now) = page {
            gaps.extend(commands::gaps_in(now, &changes));
            page = pages.next();
            // In this order: the next is asked for before the writing begins.
            let (next, told) = tokio::join!(biased; read(page), self.tell_page(&changes));
            told?;
            changes = next?;
        }
        Ok(())
    }

    async fn tell_page(&mut self, changes: &[Change]) -> Result<(), End> {
        let user = self.socket.user_id;
        let unseen = self.state.hub.unseen_by(user);
        for change in changes {
            let frames = Frames::of(change, self.state.hub.links());
            let frame = if change.removed.contains(&user) {
                frames.get(self.socket.format, true)
            } else {
                frames.seen(self.socket.format, &unseen)
            };
            self.transport.put(frame);
        }
        self.flushed().await
    }
}
