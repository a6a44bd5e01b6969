//! What a live socket wants.

use std::time::Instant;

use nova_ids::UserId;
use nova_resilience::Chain;

use super::Hub;
use super::session::{End, Session, Transport, left_until};
use crate::commands;
use crate::domain::connection::{Live, Wish};
use crate::domain::{ClientFrame, ConversationId, Malformed, ServerFrame};
use crate::error::Error;

impl<T: Transport> Session<T> {
    /// Does what a frame wants, or says why not.
    pub(super) async fn heard(
        &mut self,
        live: &Live,
        frame: Result<ClientFrame, Malformed>,
    ) -> Result<(), End> {
        let wish = match frame.and_then(|frame| live.heard(frame)) {
            Ok(wish) => wish,
            Err(malformed) => {
                self.refuse(&malformed);
                return Ok(());
            }
        };
        let of_send = match &wish {
            Wish::Send(outgoing) => Some(outgoing.client_message_id),
            _ => None,
        };
        if let Err(error) = self.do_it(wish).await {
            tracing::warn!(error = %Chain(&error), "what a socket wanted was not done");
            if let Some(id) = of_send {
                self.socket.answered(id);
            }
            self.say(&ServerFrame::Error {
                code: "unavailable".to_owned(),
                detail: "something we need is not reachable now, please try again".to_owned(),
                field: None,
                client_message_id: of_send.map(|id| id.to_string()),
                retry_after_ms: Some(1_000),
            });
        }
        Ok(())
    }

    async fn do_it(&mut self, wish: Wish) -> Result<(), Error> {
        let user = self.socket.user_id;
        match wish {
            Wish::Send(outgoing) => {
                self.socket.expect(outgoing.client_message_id);
                commands::submit_message(&self.state, user, outgoing)
            }
            Wish::Type(id, active) => {
                if self.must_be_in(id) {
                    commands::show_typing(&self.state, user, id, active).await?;
                }
                Ok(())
            }
            Wish::Mark(id, read, delivered) => {
                if self.must_be_in(id) {
                    if let Some(read) = read {
                        self.socket.reads(id, read);
                    }
                    commands::report_marks(&self.state, user, id, (read, delivered))?;
                }
                Ok(())
            }
            Wish::Watch(subscribe, unsubscribe) => self.watch(&subscribe, &unsubscribe).await,
            Wish::Authenticate(token) => {
                self.authenticate(&token);
                Ok(())
            }
            Wish::Answer(id) => {
                self.say(&ServerFrame::Pong { id });
                Ok(())
            }
        }
    }

    /// Whether its user is in the conversation; says so if not.
    fn must_be_in(&self, id: ConversationId) -> bool {
        let is_in = self.state.hub.is_in(&self.socket, id);
        if !is_in {
            self.say(&ServerFrame::error(
                "not_found",
                "there is no such conversation",
            ));
        }
        is_in
    }

    async fn watch(&mut self, subscribe: &[UserId], unsubscribe: &[UserId]) -> Result<(), Error> {
        let (hub, socket) = (&self.state.hub, &self.socket);
        hub.unwatch(socket, unsubscribe);
        if subscribe.is_empty() {
            return Ok(());
        }
        // Who shares nothing is not told of, and neither is that.
        let users = commands::watch_presence(&self.state, socket.user_id, subscribe).await?;
        if !hub.watch(socket, &users) {
            self.refuse(&Malformed::field("subscribe", "at most 1000 users in all"));
            return Ok(());
        }
        match self.state.routes.presence(&users).await {
            Ok(presences) => {
                for (user, presence) in users.iter().zip(presences) {
                    hub.presence_told(*user, presence);
                    Hub::show_presence(socket, *user, presence);
                }
            }
            // They are told once Redis is back.
            Err(away) => tracing::debug!(error = %away, "presence is not known"),
        }
        Ok(())
    }

    fn authenticate(&mut self, token: &str) {
        match self.state.verifier.verify_until(token) {
            Ok((caller, until)) if caller.user_id == self.socket.user_id => {
                self.timers.token(Instant::now(), left_until(until));
            }
            Ok(_) | Err(_) => {
                self.say(&ServerFrame::error(
                    "invalid_token",
                    "the access token is not valid",
                ));
            }
        }
    }
}
