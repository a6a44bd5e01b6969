//! Compiles `proto/`; the messages need nothing but what the event bus brings.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let descriptors = protox::compile(["shop/v1/events.proto"], ["proto"])?;
    prost_build::Config::new()
        .prost_path("::nova_event_bus::prost")
        .compile_fds(descriptors)?;
    Ok(())
}
