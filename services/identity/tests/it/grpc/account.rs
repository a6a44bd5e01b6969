//! What is done with an account by mail, as over HTTP.

use nova_proto::identity::v1::account_service_client::AccountServiceClient;
use nova_proto::identity::v1::{
    DownloadExportRequest, ExportAccountRequest, ForgotPasswordRequest, GetMeRequest,
    ResetPasswordRequest, VerifyEmailRequest,
};
use nova_testkit::{App, Stack, eventually};
use tonic::Code;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

use super::{as_user, by_username, refusal, refused};
use crate::export::{of_content, of_feed, requested, unpacked};
use crate::{PASSWORD, register, start};

const NEW: &str = "battery staple horse";
const ADDRESS: &str = "ada@example.org";

async fn connect(app: &App) -> AccountServiceClient<Channel> {
    let client = AccountServiceClient::connect(app.base_url.clone()).await;
    client.expect("a connection")
}

fn verify(token: &str) -> VerifyEmailRequest {
    VerifyEmailRequest {
        token: token.to_owned(),
    }
}

fn forgot(email: &str) -> ForgotPasswordRequest {
    ForgotPasswordRequest {
        email: email.to_owned(),
    }
}

fn reset(token: &str, new: &str) -> ResetPasswordRequest {
    ResetPasswordRequest {
        token: token.to_owned(),
        new_password: new.to_owned(),
    }
}

#[tokio::test]
async fn addresses_are_proven_and_passwords_replaced_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut accounts = connect(&app).await;
    let mut identity = super::connect(&app).await;
    let no_token = refused(Code::InvalidArgument, "invalid_token", &["token"]);
    let first = stack.mail_to(ADDRESS, 1).await.token();
    for text in ["", "nonsense", &"A".repeat(43), &"A".repeat(100_000)] {
        let wrong = accounts.verify_email(verify(text)).await.unwrap_err();
        assert_eq!(refusal(&wrong), no_token);
        let wrong = accounts.reset_password(reset(text, NEW)).await.unwrap_err();
        assert_eq!(refusal(&wrong), no_token);
    }
    let wrong = accounts.reset_password(reset(&first, NEW)).await;
    assert_eq!(refusal(&wrong.unwrap_err()), no_token);
    let verified = async |client: &mut super::IdentityServiceClient<Channel>| {
        let me = client.get_me(as_user(&ada, GetMeRequest {})).await.unwrap();
        me.into_inner().account.unwrap().email_verified
    };
    assert!(!verified(&mut identity).await);
    accounts.verify_email(verify(&first)).await.unwrap();
    assert!(verified(&mut identity).await);
    let again = accounts.verify_email(verify(&first)).await;
    assert_eq!(refusal(&again.unwrap_err()), no_token);

    for email in ["", "ada", &format!("{}@example.org", "a".repeat(300))] {
        let wrong = accounts.forgot_password(forgot(email)).await.unwrap_err();
        assert_eq!(
            refusal(&wrong),
            refused(Code::InvalidArgument, "validation_failed", &["email"])
        );
    }
    for email in ["nobody@example.org", "ADA@example.org"] {
        accounts.forgot_password(forgot(email)).await.unwrap();
    }
    let token = stack.mail_to(ADDRESS, 2).await.token();
    for new in ["", "short", "long enough\0", &"p".repeat(100_000)] {
        let wrong = accounts.reset_password(reset(&token, new)).await;
        assert_eq!(
            refusal(&wrong.unwrap_err()),
            refused(
                Code::InvalidArgument,
                "validation_failed",
                &["new_password"]
            )
        );
    }
    accounts.reset_password(reset(&token, NEW)).await.unwrap();
    let old = identity.login(by_username("ada", PASSWORD)).await;
    assert_eq!(old.unwrap_err().code(), Code::Unauthenticated);
    identity.login(by_username("ada", NEW)).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn mails_are_limited_together_with_http() {
    let stack = Stack::new().await.with("NOVA_RATE_LIMIT", "on");
    let app = start(&stack).await;
    let mut accounts = connect(&app).await;
    let throttled = loop {
        if let Err(refused) = accounts.forgot_password(forgot(ADDRESS)).await {
            break refused;
        }
    };
    let too_many = refused(Code::ResourceExhausted, "too_many_requests", &[]);
    assert_eq!(refusal(&throttled), too_many);
    assert!(throttled.get_error_details().retry_info().is_some());
    crate::recovery::forgot(&app, ADDRESS)
        .await
        .problem(429, "too_many_requests");
    let throttled = loop {
        let refused = accounts.verify_email(verify("guess")).await.unwrap_err();
        if refused.code() != Code::InvalidArgument {
            break refused;
        }
    };
    assert_eq!(refusal(&throttled), too_many);
    // What both have together is used up, but for what comes back while this asks.
    let mut more = 0;
    let same = loop {
        let refused = accounts
            .reset_password(reset("guess", NEW))
            .await
            .unwrap_err();
        if refused.code() != Code::InvalidArgument {
            break refused;
        }
        more += 1;
    };
    assert!(more < 60, "{more}");
    assert_eq!(refusal(&same), too_many);
    stack.finish().await;
}

#[tokio::test]
async fn all_that_is_kept_is_exported_over_grpc_as_over_http() {
    let stack = Stack::new().await;
    let app = start(&stack).await;
    let ada = register(&app, "ada").await;
    let mut accounts = connect(&app).await;
    let nobody = accounts
        .export_account(ExportAccountRequest::default())
        .await;
    assert_eq!(nobody.unwrap_err().code(), Code::Unauthenticated);
    let nobody = accounts.download_export(DownloadExportRequest {}).await;
    assert_eq!(nobody.unwrap_err().code(), Code::Unauthenticated);
    let none = accounts.download_export(as_user(&ada, DownloadExportRequest {}));
    assert_eq!(
        refusal(&none.await.unwrap_err()),
        refused(Code::NotFound, "not_found", &[])
    );
    let ready = async |fresh: bool| {
        let mut accounts = accounts.clone();
        let asked = accounts.export_account(as_user(&ada, ExportAccountRequest { fresh }));
        asked.await.unwrap().into_inner().ready
    };
    assert!(!ready(false).await);
    assert!(!ready(true).await);
    let asked = requested(&stack, 1).await;
    let long: Vec<u32> = (0..60_000).collect();
    let content = serde_json::to_string(&long).unwrap();
    stack.publish(&of_content(&asked, 1, true, &content)).await;
    stack.publish(&of_feed(&asked)).await;
    eventually("it is ready", async || ready(false).await).await;
    assert!(ready(true).await);
    let mut accounts = accounts.clone();
    let pieces = accounts.download_export(as_user(&ada, DownloadExportRequest {}));
    let mut pieces = pieces.await.unwrap().into_inner();
    let (mut zip, mut count) = (Vec::new(), 0);
    while let Some(piece) = pieces.message().await.unwrap() {
        assert!(!piece.content.is_empty() && piece.content.len() < 256 * 1_024);
        zip.extend(piece.content);
        count += 1;
    }
    assert!(count > 1);
    let files = unpacked(&zip);
    let posts: Vec<u32> = serde_json::from_str(&files["posts.json"]).unwrap();
    assert!(posts == long);
    stack.finish().await;
}
