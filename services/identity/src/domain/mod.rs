//! The rules of accounts, sessions and the follow graph: pure, so that reading them is enough to know
//! them.

mod access_token;
mod device;
mod email;
mod follow;
mod login;
mod mail;
mod mail_token;
mod password;
mod password_change;
mod profile;
mod refresh_token;
mod registration;
mod review;
mod session;
mod username;

pub use access_token::{AccessTokens, SigningError, SigningKey};
pub use device::Device;
pub use email::EmailAddress;
pub use follow::{Follow, FollowList, Pair, Position};
pub use login::{Login, LoginName};
pub use mail::{LinkBase, Mail, MailRequest, REQUEST_LIFETIME};
pub use mail_token::{InvalidMailToken, KnownMailToken, MailToken, MailTokenKey, Purpose};
pub use password::{HashError, Password, PasswordHash};
pub use password_change::PasswordChange;
pub use profile::{Account, ProfileChange, User};
pub use refresh_token::{KnownRefreshToken, Mark, RefreshToken, RefreshTokenHash, Verdict};
pub use registration::Registration;
pub use session::{Session, SignedIn};
pub use username::Username;

use review::Review;
