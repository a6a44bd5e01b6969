//! The first frames.

use super::live::Live;
use crate::domain::{ClientFrame, Malformed, Positions};

/// Most conversations that one resume may name.
const MOST_POSITIONS: usize = 100_000;

/// `hello` was said; the first frame is waited for.
#[derive(Debug, Default)]
pub struct Greeting(());

/// What the first frame made of it.
#[derive(Debug)]
pub enum Greeted {
    /// More positions are to come.
    Resuming(Resuming),
    /// What was missed since these is to be told.
    Resume(Positions, Live),
    /// Nothing is to be told; this frame was the first.
    Live(Live, ClientFrame),
}

impl Greeting {
    /// The first frame.
    #[must_use]
    pub fn heard(self, frame: ClientFrame) -> Greeted {
        match frame {
            ClientFrame::Resume {
                positions,
                more: true,
            } => Greeted::Resuming(Resuming(positions)),
            ClientFrame::Resume { positions, .. } => Greeted::Resume(positions, Live(())),
            other => Greeted::Live(Live(()), other),
        }
    }

    /// No frame came in time.
    #[must_use]
    pub const fn waited(self) -> Live {
        Live(())
    }
}

/// Positions are gathered.
#[derive(Debug)]
pub struct Resuming(Positions);

/// What a further frame made of it.
#[derive(Debug)]
pub enum Gathered {
    /// More are to come.
    More(Resuming),
    /// These are all.
    Resume(Positions, Live),
    /// That was not to come now.
    Refused(Resuming, Malformed),
}

impl Resuming {
    /// A further frame.
    #[must_use]
    pub fn heard(mut self, frame: ClientFrame) -> Gathered {
        let ClientFrame::Resume { positions, more } = frame else {
            return Gathered::Refused(self, Malformed::frame("more positions were announced"));
        };
        if self.0.0.len() + positions.0.len() > MOST_POSITIONS {
            let wrong = Malformed::field("positions", "at most 100000 conversations");
            return Gathered::Refused(self, wrong);
        }
        self.0.0.extend(positions.0);
        if more {
            Gathered::More(self)
        } else {
            Gathered::Resume(self.0, Live(()))
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn resume(id: u128, more: bool) -> ClientFrame {
        let positions = Positions([(Uuid::from_u128(id), 1)].into());
        ClientFrame::Resume { positions, more }
    }

    fn ping() -> ClientFrame {
        ClientFrame::Ping { id: "1".to_owned() }
    }

    #[test]
    fn the_first_frame_decides() {
        assert!(matches!(
            Greeting::default().heard(resume(1, false)),
            Greeted::Resume(positions, _) if positions.0.len() == 1
        ));
        assert!(matches!(
            Greeting::default().heard(ping()),
            Greeted::Live(_, ClientFrame::Ping { .. })
        ));
        drop(Greeting::default().waited());
    }

    #[test]
    fn positions_are_gathered_until_there_are_no_more() {
        let Greeted::Resuming(resuming) = Greeting::default().heard(resume(1, true)) else {
            panic!("more was announced");
        };
        let Gathered::Refused(resuming, wrong) = resuming.heard(ping()) else {
            panic!("positions were to come");
        };
        assert_eq!(wrong.code, "malformed_frame");
        let Gathered::More(resuming) = resuming.heard(resume(2, true)) else {
            panic!("more was announced");
        };
        assert!(matches!(
            resuming.heard(resume(3, false)),
            Gathered::Resume(positions, _) if positions.0.len() == 3
        ));
    }
}
