//! A conversation, who is in it, and who may change what.

use nova_ids::{ConversationId, UserId};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{ConversationType, Message, Refused, Role, Title, Unprocessable};

/// Most members of a conversation.
pub const MEMBERS_MAX: usize = 1_000;

/// A conversation, exactly as the REST API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation {
    /// A UUIDv7.
    #[schema(value_type = uuid::Uuid)]
    pub id: ConversationId,
    /// Whom it is for.
    #[serde(rename = "type")]
    pub kind: ConversationType,
    /// Of a `GROUP`.
    #[schema(required = true)]
    pub title: Option<String>,
    /// Those whom the caller sees, in the order in which they came.
    pub members: Vec<Member>,
    /// The newest that the caller may see.
    #[schema(required = true)]
    pub last_message: Option<Message>,
    /// That of the newest message; 0 before the first.
    pub sequence: i64,
    /// That of the last change: every lasting change takes the next, from 1 without gaps.
    pub position: i64,
    /// How far the caller has read.
    pub read_sequence: i64,
    /// Messages of others behind that, of those that the caller may see.
    pub unread_count: i64,
    /// Until when the caller wants not to be disturbed.
    #[serde(with = "nova_service::rfc3339::option")]
    #[schema(required = true)]
    pub muted_until: Option<OffsetDateTime>,
    /// The millisecond inside `id`.
    #[serde(with = "nova_service::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When members, a role or the title last changed.
    #[serde(with = "nova_service::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// Somebody in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Member {
    /// Who.
    #[schema(value_type = uuid::Uuid)]
    pub user_id: UserId,
    /// What they may do.
    pub role: Role,
    /// Since when.
    #[serde(with = "nova_service::rfc3339")]
    pub joined_at: OffsetDateTime,
    /// How far they have read.
    pub read_sequence: i64,
    /// How far messages have reached a device of theirs.
    pub delivered_sequence: i64,
    /// The position at which they came.
    #[serde(skip)]
    pub joined_position: i64,
    /// The newest message of then: it and those before it they do not see.
    #[serde(skip)]
    pub joined_sequence: i64,
}

/// What one change did to a conversation, besides giving it its next position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Who came.
    pub added: Vec<UserId>,
    /// Who went.
    pub removed: Vec<UserId>,
    /// Whose role is another.
    pub roles: Vec<UserId>,
}

impl Conversation {
    /// One that begins now, at position 1. Who opens a `GROUP` owns it.
    #[must_use]
    pub fn begin(
        id: ConversationId,
        kind: ConversationType,
        title: Option<String>,
        opener: UserId,
        others: &[UserId],
    ) -> Self {
        let created_at = id.made_at();
        let mut conversation = Self {
            id,
            kind,
            title,
            members: Vec::new(),
            last_message: None,
            sequence: 0,
            position: 1,
            read_sequence: 0,
            unread_count: 0,
            muted_until: None,
            created_at,
            updated_at: created_at,
        };
        let role = match kind {
            ConversationType::Direct => Role::Member,
            ConversationType::Group => Role::Owner,
        };
        conversation.join(opener, role, created_at);
        for other in others {
            conversation.join(*other, Role::Member, created_at);
        }
        // Of those who come at once the one with the lesser id comes first, here and wherever they are kept.
        conversation.members.sort_by_key(|member| member.user_id);
        conversation
    }

    /// The member, if they are one.
    #[must_use]
    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user_id == user)
    }

    /// All but this one.
    pub fn others(&self, user: UserId) -> impl Iterator<Item = UserId> {
        let ids = self.members.iter().map(|member| member.user_id);
        ids.filter(move |id| *id != user)
    }

    /// Whether somebody may delete messages of others.
    #[must_use]
    pub fn is_led_by(&self, user: UserId) -> bool {
        self.member(user)
            .is_some_and(|member| member.role >= Role::Admin)
    }

    /// Takes the next position for a change of something in it.
    pub fn next_position(&mut self) -> i64 {
        self.position += 1;
        self.position
    }

    /// Gives it another title, or none. Nothing when it has that already.
    ///
    /// # Errors
    /// When `actor` may not, and of a `DIRECT`.
    pub fn rename(
        &mut self,
        actor: UserId,
        title: Option<Title>,
        now: OffsetDateTime,
    ) -> Result<Option<Change>, Refused> {
        self.check_group()?;
        self.check_leader(actor)?;
        let title = title.map(Title::into_string);
        if self.title == title {
            return Ok(None);
        }
        self.title = title;
        Ok(Some(self.changed(Change::default(), now)))
    }

    /// Adds somebody, or gives a member another role. Nothing when all is so already.
    ///
    /// # Errors
    /// When `actor` may not, when it is full, and of a `DIRECT`.
    pub fn put(
        &mut self,
        actor: UserId,
        user: UserId,
        role: Option<Role>,
        now: OffsetDateTime,
    ) -> Result<Option<Change>, Refused> {
        self.check_group()?;
        self.check_leader(actor)?;
        let before = self.member(user).map(|member| member.role);
        let role = role.or(before).unwrap_or(Role::Member);
        if before == Some(role) {
            return Ok(None);
        }
        // To be added as what everybody is, is no role that is given.
        let gives_a_role = before.is_some() || role != Role::Member;
        if gives_a_role && !self.is_owner(actor) {
            return Err(Refused::Forbidden("only the owner gives roles"));
        }
        if actor == user {
            return Err(Unprocessable::oneself("user_id").into());
        }
        let mut change = Change::default();
        if before.is_none() {
            if self.members.len() >= MEMBERS_MAX {
                let full = "a conversation has at most 1,000 members";
                return Err(Unprocessable::new("too_many", full).into());
            }
            change.added.push(user);
            // It takes the position of this change.
            self.position += 1;
            self.join(user, role, now);
            self.position -= 1;
        } else {
            self.give(user, role, &mut change);
        }
        if role == Role::Owner {
            self.give(actor, Role::Admin, &mut change);
        }
        Ok(Some(self.changed(change, now)))
    }

    /// Removes a member, or lets one leave. An owner who leaves hands over to the admin who has been there longest, else to
    /// the member.
    ///
    /// # Errors
    /// When `actor` may not, and when there is no such member.
    pub fn remove(
        &mut self,
        actor: UserId,
        user: UserId,
        now: OffsetDateTime,
    ) -> Result<Change, Refused> {
        if actor != user {
            self.check_group()?;
            self.check_leader(actor)?;
        }
        let role = self.member(user).ok_or(Refused::NoSuchMember)?.role;
        if actor != user && role == Role::Owner {
            return Err(Refused::Forbidden("nobody removes the owner"));
        }
        let mut change = Change {
            removed: vec![user],
            ..Change::default()
        };
        self.members.retain(|member| member.user_id != user);
        if role == Role::Owner
            && let Some(heir) = self.heir()
        {
            self.give(heir, Role::Owner, &mut change);
        }
        Ok(self.changed(change, now))
    }

    /// Brings somebody back into a `DIRECT` that they had left: they see what comes from now on. Nothing when they are
    /// there.
    pub fn bring_back(&mut self, user: UserId, now: OffsetDateTime) -> Option<Change> {
        if self.member(user).is_some() {
            return None;
        }
        self.position += 1;
        self.join(user, Role::Member, now);
        self.position -= 1;
        let change = Change {
            added: vec![user],
            ..Change::default()
        };
        Some(self.changed(change, now))
    }

    fn heir(&self) -> Option<UserId> {
        // In the order in which they came: of equal roles the first is the one who has been there longest.
        let longest = self.members.iter().rev();
        let heir = longest.max_by_key(|member| member.role)?;
        Some(heir.user_id)
    }

    fn join(&mut self, user_id: UserId, role: Role, now: OffsetDateTime) {
        self.members.push(Member {
            user_id,
            role,
            joined_at: now.truncate_to_millisecond(),
            read_sequence: self.sequence,
            delivered_sequence: self.sequence,
            joined_position: self.position,
            joined_sequence: self.sequence,
        });
    }

    fn give(&mut self, user: UserId, role: Role, change: &mut Change) {
        let member = self.members.iter_mut().find(|one| one.user_id == user);
        if let Some(member) = member {
            member.role = role;
            change.roles.push(user);
        }
    }

    fn changed(&mut self, change: Change, now: OffsetDateTime) -> Change {
        self.position += 1;
        self.updated_at = now.truncate_to_millisecond().max(self.updated_at);
        change
    }

    fn is_owner(&self, user: UserId) -> bool {
        self.member(user)
            .is_some_and(|member| member.role == Role::Owner)
    }

    fn check_group(&self) -> Result<(), Unprocessable> {
        match self.kind {
            ConversationType::Group => Ok(()),
            ConversationType::Direct => Err(Unprocessable::of_a_direct()),
        }
    }

    fn check_leader(&self, actor: UserId) -> Result<(), Refused> {
        if self.is_led_by(actor) {
            Ok(())
        } else {
            Err(Refused::Forbidden("only an admin or the owner may do that"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(others: &[UserId]) -> (Conversation, UserId) {
        let owner = UserId::new();
        let kind = ConversationType::Group;
        let group = Conversation::begin(ConversationId::new(), kind, None, owner, others);
        (group, owner)
    }

    fn roles(group: &Conversation) -> Vec<Role> {
        group.members.iter().map(|member| member.role).collect()
    }

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn whoever_leads_adds_and_removes_and_only_the_owner_gives_roles() {
        let [admin, member, new] = [UserId::new(), UserId::new(), UserId::new()];
        let (mut group, owner) = group(&[admin, member]);
        let forbidden = |refused: Result<_, Refused>| matches!(refused, Err(Refused::Forbidden(_)));
        assert!(forbidden(group.put(member, new, None, NOW)));
        assert!(forbidden(group.put(admin, member, Some(Role::Admin), NOW)));
        assert_eq!(group.position, 1);
        let change = group.put(owner, admin, Some(Role::Admin), NOW).unwrap();
        assert_eq!(change.unwrap().roles, [admin]);
        assert_eq!(group.put(owner, admin, Some(Role::Admin), NOW), Ok(None));
        assert_eq!(group.put(owner, admin, None, NOW), Ok(None));
        assert_eq!(group.position, 2);
        let change = group.put(admin, new, None, NOW).unwrap().unwrap();
        assert_eq!((change.added, group.position), (vec![new], 3));
        assert_eq!(group.member(new).unwrap().joined_position, 3);
        assert!(forbidden(group.remove(member, new, NOW).map(Some)));
        assert!(forbidden(group.remove(admin, owner, NOW).map(Some)));
        assert_eq!(group.remove(admin, new, NOW).unwrap().removed, [new]);
        assert_eq!(group.remove(admin, new, NOW), Err(Refused::NoSuchMember));
        assert!(group.put(owner, owner, Some(Role::Member), NOW).is_err());
        // There is one owner.
        let change = group.put(owner, admin, Some(Role::Owner), NOW).unwrap();
        assert_eq!(change.unwrap().roles, [admin, owner]);
        // Who began it is the last by their id here, and all three joined at once.
        assert_eq!(roles(&group), [Role::Owner, Role::Member, Role::Admin]);
    }

    #[test]
    fn an_owner_who_leaves_hands_over_to_who_has_been_there_longest() {
        let [first, second, third] = [UserId::new(), UserId::new(), UserId::new()];
        let (mut group, owner) = group(&[first, second, third]);
        for admin in [third, second] {
            group.put(owner, admin, Some(Role::Admin), NOW).unwrap();
        }
        let change = group.remove(owner, owner, NOW).unwrap();
        assert_eq!(change.roles, [second]);
        group.remove(second, second, NOW).unwrap();
        assert_eq!(group.member(third).unwrap().role, Role::Owner);
        group.remove(third, third, NOW).unwrap();
        assert_eq!(group.member(first).unwrap().role, Role::Owner);
        let change = group.remove(first, first, NOW).unwrap();
        assert_eq!((change.roles.len(), group.members.len()), (0, 0));
    }

    #[test]
    fn a_group_has_at_most_a_thousand_members() {
        let others: Vec<UserId> = (0..999).map(|_| UserId::new()).collect();
        let (mut group, owner) = group(&others);
        let refused = group.put(owner, UserId::new(), None, NOW).unwrap_err();
        assert!(matches!(refused, Refused::Unprocessable(of) if of.reason == "too_many"));
        group.remove(owner, others[0], NOW).unwrap();
        assert!(group.put(owner, UserId::new(), None, NOW).is_ok());
    }

    #[test]
    fn a_direct_has_neither_title_nor_other_members() {
        let [me, other] = [UserId::new(), UserId::new()];
        let kind = ConversationType::Direct;
        let mut direct = Conversation::begin(ConversationId::new(), kind, None, me, &[other]);
        assert_eq!(roles(&direct), [Role::Member, Role::Member]);
        assert!(direct.rename(me, None, NOW).is_err());
        assert!(direct.put(me, UserId::new(), None, NOW).is_err());
        assert!(direct.remove(me, other, NOW).is_err());
        assert_eq!(direct.bring_back(other, NOW), None);
        direct.sequence = 7;
        direct.remove(other, other, NOW).unwrap();
        direct.bring_back(other, NOW).unwrap();
        let back = direct.member(other).unwrap();
        assert_eq!((back.joined_sequence, back.joined_position), (7, 3));
        assert_eq!(direct.position, 3);
    }

    #[test]
    fn the_same_title_again_changes_nothing() {
        let (mut group, owner) = group(&[]);
        let title = |text: &str| Some(Title::check(text.to_owned()).unwrap());
        assert!(group.rename(owner, title("a"), NOW).unwrap().is_some());
        assert_eq!(group.rename(owner, title("a"), NOW), Ok(None));
        assert!(group.rename(owner, None, NOW).unwrap().is_some());
        assert_eq!((group.position, group.title), (3, None));
    }
}
