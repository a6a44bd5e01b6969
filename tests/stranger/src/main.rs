//! A shop: what is ordered is packed, and whoever ordered it is told.

use std::error::Error;

use nova_event_bus::sqlx::{self, PgConnection, PgPool};
use nova_event_bus::{
    CancellationToken, Consumer, Delivery, EventId, KafkaConfig, Outbox, OutboxError, Probe, Relay,
    Router, Tables, Topic, create_topics, events, migrate, prefix_metrics,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What prost-build makes of the proto file.
mod shop {
    include!(concat!(env!("OUT_DIR"), "/shop.v1.rs"));
}
use shop::{OrderPacked, OrderPlaced};

const ORDERS: Topic = Topic::new("orders", 3);
const PARCELS: Topic = Topic::new("parcels", 3);
const HEALTH: Topic = Topic::new("shop-health", 1);

events! {
    /// Every event of the shop.
    const EVENTS;
    OrderPlaced: "shop.v1.OrderPlaced"
        on ORDERS, key customer_id, about order_id, by "shop", version "1.0";
    OrderPacked: "shop.v1.OrderPacked"
        on PARCELS, key customer_id, about order_id, by "shop", version "1.0";
}

struct Shop {
    outbox: Outbox,
    told: UnboundedSender<String>,
}

/// Runs once per event: what it writes commits together with the inbox.
async fn pack(
    shop: &Shop,
    tx: &mut PgConnection,
    order: &Delivery<OrderPlaced>,
) -> Result<(), OutboxError> {
    sqlx::query("INSERT INTO parcels (order_id) VALUES ($1)")
        .bind(&order.order_id)
        .execute(&mut *tx)
        .await?;
    let packed = OrderPacked {
        order_id: order.order_id.clone(),
        customer_id: order.customer_id.clone(),
    };
    shop.outbox.append(tx, &packed).await?;
    Ok(())
}

/// Runs at least once: mails, caches, sockets, whatever is idempotent by itself.
async fn tell(shop: &Shop, parcel: &Delivery<OrderPacked>) -> Result<(), OutboxError> {
    println!("{}: {} is packed", parcel.customer_id, parcel.order_id);
    shop.told.send(parcel.order_id.clone()).ok();
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    prefix_metrics("shop_")?;
    let mut kafka = KafkaConfig::new(std::env::var("SHOP_KAFKA")?);
    kafka.health_topic = HEALTH.name.to_owned();
    create_topics(&kafka, &[ORDERS, PARCELS, HEALTH], 1).await?;
    let pool = PgPool::connect(&std::env::var("SHOP_POSTGRES")?).await?;
    let tables = Tables::new(pool.clone()).schema("shop_events");
    migrate(&tables).await?;
    sqlx::query("CREATE TABLE IF NOT EXISTS parcels (order_id text PRIMARY KEY)")
        .execute(&pool)
        .await?;

    let outbox = Outbox::in_schema("shop", "shop_events");
    let (told, mut news) = unbounded_channel();
    let router = Router::new("shop", Shop { outbox, told })
        .knows(EVENTS)
        .once::<OrderPlaced>(pack)
        .at_least_once::<OrderPacked>(tell);
    let stop = CancellationToken::new();
    let consumer = Consumer::new(&kafka, &tables, router);
    let relay = Relay::new("shop", &tables, &kafka);
    let probe = Probe::new("shop", &kafka);

    let shopping = async {
        let bought = buy(&pool, outbox, &mut news).await;
        stop.cancel();
        bought
    };
    let (.., bought) = tokio::join!(
        consumer.run(stop.clone()),
        relay.run(stop.clone()),
        probe.run(stop.clone()),
        shopping,
    );
    bought
}

/// Publishes with the change that the event tells of, if there is one; waits until the parcel is packed.
async fn buy(
    pool: &PgPool,
    outbox: Outbox,
    news: &mut UnboundedReceiver<String>,
) -> Result<(), Box<dyn Error>> {
    let order = OrderPlaced {
        order_id: EventId::new().to_string(),
        customer_id: "ada".to_owned(),
        articles: vec!["a clock".to_owned()],
    };
    let mut tx = pool.begin().await?;
    outbox.append(&mut tx, &order).await?;
    tx.commit().await?;
    while news.recv().await.is_some_and(|told| told != order.order_id) {}
    Ok(())
}
