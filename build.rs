//! Compiles `proto/` with protox: no `protoc` is needed on the machine.

use protox::prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    // Written with every commit; reports name the revision.
    println!("cargo:rerun-if-changed=.git/logs/HEAD");
    let files = ["exchange", "conformance", "registry", "monitor"]
        .map(|name| format!("docaxis/v1/{name}.proto"));
    let descriptors = protox::Compiler::new(["proto"])?
        .include_source_info(true)
        .include_imports(true)
        .open_files(files)?
        .file_descriptor_set();
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(
        out.join("docaxis_descriptor.bin"),
        descriptors.encode_to_vec(),
    )?;
    // Bytes instead of Vec: a document's header, signature and attachments stay slices of the frame
    // they arrived in. The codec looks up a message's limits by its name.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure()
        .bytes(".docaxis.v1")
        .codec_path("crate::wire::LimitedCodec")
        .compile_fds_with_config(descriptors, config)?;
    let revision = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=12"])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .map_or_else(
            || "unknown".into(),
            |o| String::from_utf8_lossy(&o.stdout).trim().to_owned(),
        );
    println!("cargo:rustc-env=DOCAXIS_GIT={revision}");
    // Reports name the library that rates are compared with.
    println!("cargo:rerun-if-changed=Cargo.lock");
    let lock = std::fs::read_to_string("Cargo.lock")?;
    let library = lock
        .split("[[package]]")
        .find(|package| package.contains("name = \"aws-lc-rs\"\n"))
        .and_then(|package| package.split("version = \"").nth(1)?.split('"').next())
        .unwrap_or("unknown");
    println!("cargo:rustc-env=DOCAXIS_AWS_LC_RS={library}");
    Ok(())
}
