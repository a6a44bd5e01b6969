//! The rules of accounts, sessions and how users stand to each other: pure, so that reading them is enough to know
//! them.

mod access_token;
mod archive;
mod device;
mod email;
mod export;
mod follow;
mod login;
mod mail;
mod mail_token;
mod pair;
mod password;
mod password_change;
mod profile;
mod refresh_token;
mod registration;
mod review;
mod session;
mod user_list;
mod username;

pub use access_token::{AccessTokens, SigningError, SigningKey};
pub use archive::Archive;
pub use device::Device;
pub use email::EmailAddress;
pub use export::{EXPORT_KEPT, Export, ExportPart, file_of, items};
pub use follow::{Followed, Following, Standing, Wish};
pub use login::{Login, LoginName};
pub use mail::{LinkBase, Mail, MailRequest, REQUEST_LIFETIME};
pub use mail_token::{InvalidMailToken, KnownMailToken, MailToken, MailTokenKey, Purpose};
pub use pair::{Aversion, Pair};
pub use password::{HashError, Password, PasswordHash};
pub use password_change::PasswordChange;
pub use profile::{Account, ProfileChange, User};
pub use refresh_token::{KnownRefreshToken, Mark, RefreshToken, RefreshTokenHash, Verdict};
pub use registration::Registration;
pub use session::{Session, SignedIn};
pub use user_list::{Listed, Position, UserList};
pub use username::Username;

use review::Review;
