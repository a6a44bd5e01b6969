//! Reading the outbox in order, and again where something may have been passed.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::gaps::{Gaps, Horizon};
use super::rows::{Rows, Waiting};
use super::runs::{Run, runs_of};
use crate::error::BusError;

/// How often a relay that has passed something asks which transactions have ended. Asking takes a
/// transaction id.
const HORIZON: Duration = Duration::from_millis(20);
/// How often everything is looked at, also where nothing can appear by rights.
const LOOK_AT_ALL: Duration = Duration::from_secs(60);
/// More gaps than this are not remembered one by one.
const GAPS: usize = 4_096;

/// The order in which rows leave.
pub(super) struct Reader<R> {
    pub(super) rows: R,
    gaps: Gaps,
    /// The greatest id read.
    cursor: i64,
    /// No row lies below, but in gaps.
    lowest: i64,
    asked: Option<Instant>,
    looked_at_all: Instant,
}

impl<R: Rows> Reader<R> {
    pub(super) fn new(rows: R) -> Self {
        Self {
            rows,
            gaps: Gaps::default(),
            cursor: 0,
            lowest: 0,
            asked: None,
            looked_at_all: Instant::now(),
        }
    }

    /// Whether everything should be looked at once more, for which nothing may be on its way.
    pub(super) fn wants_quiet(&self) -> bool {
        self.gaps.len() > GAPS || self.looked_at_all.elapsed() >= LOOK_AT_ALL
    }

    /// Deletes what was published, and reads what comes next: full when there is more.
    pub(super) async fn look(
        &mut self,
        published: &mut Vec<i64>,
        limit: usize,
    ) -> Result<Found<R::Row>, BusError> {
        if !published.is_empty() {
            self.rows.delete(&runs_of(published)).await?;
            published.clear();
        }
        let horizon = self.horizon().await?;
        let gaps = self.gaps.runs();
        self.read(&gaps, horizon, limit).await
    }

    /// Looks at everything, also below what was read. Nothing may be on its way.
    pub(super) async fn look_at_all(&mut self, limit: usize) -> Result<Found<R::Row>, BusError> {
        self.looked_at_all = Instant::now();
        self.lowest = 0;
        if self.gaps.len() > GAPS {
            // What was deleted in between makes one gap of many.
            self.cursor = self.gaps.first().map_or(self.cursor, |first| first - 1);
            self.gaps = Gaps::default();
        }
        let all = Run {
            first: 1,
            last: self.cursor,
        };
        self.read(&[all], None, limit).await
    }

    /// When the transaction of the first row began, if there is one. What lies below it was deleted: it is
    /// not gone through again each time, which would take long before vacuum has been there.
    pub(super) async fn oldest(&mut self) -> Result<Option<OffsetDateTime>, BusError> {
        let from = self
            .gaps
            .first()
            .map_or(self.lowest, |gap| gap.min(self.lowest));
        let found = self.rows.oldest(from).await?;
        let next = self.cursor + 1;
        self.lowest = found.map_or(next, |(id, _)| id.min(next));
        Ok(found.map(|(_, since)| since))
    }

    /// Later than every gap so far, and earlier than the next look.
    async fn horizon(&mut self) -> Result<Option<Horizon>, BusError> {
        let is_recent = self.asked.is_some_and(|at| at.elapsed() < HORIZON);
        if self.gaps.is_empty() || is_recent {
            return Ok(None);
        }
        self.asked = Some(Instant::now());
        let horizon = self.rows.horizon().await?;
        self.gaps.bound(horizon);
        Ok(Some(horizon))
    }

    async fn read(
        &mut self,
        gaps: &[Run],
        horizon: Option<Horizon>,
        limit: usize,
    ) -> Result<Found<R::Row>, BusError> {
        let mut rows = self.rows.read(gaps, self.cursor, limit).await?;
        let late = rows.partition_point(|row| row.id() <= self.cursor);
        let is_full = rows.len() - late >= limit || late >= limit;
        if late >= limit {
            // There may be more of them, and they go first.
            rows.truncate(late);
        } else if let Some(horizon) = horizon {
            self.gaps.close(horizon);
        }
        for row in rows.iter().take(late) {
            self.gaps.fill(row.id());
        }
        for row in rows.iter().skip(late) {
            self.gaps.note(self.cursor, row.id());
            self.cursor = row.id();
        }
        Ok(Found { rows, is_full })
    }
}

/// What a look found.
pub(super) struct Found<Row> {
    pub(super) rows: Vec<Row>,
    /// There may be more at once.
    pub(super) is_full: bool,
}
