//! The codec of our services: protobuf, with the limits of a message checked before it is decoded.

use std::marker::PhantomData;

use prost::Message;
use prost::Name;
use tonic::Status;
use tonic::codec::BufferSettings;
use tonic::codec::Codec;
use tonic::codec::DecodeBuf;
use tonic::codec::Decoder;
use tonic_prost::ProstEncoder;

use super::limits;
use super::limits::Limits;
use super::status::of_refusal;
use crate::model::Refusal;

/// Encodes `T` and decodes `U`. What callers send is held to the limits of its fields; what a hub
/// answers is not.
#[derive(Clone, Copy, Debug)]
pub struct LimitedCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for LimitedCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for LimitedCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + Name + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = LimitedDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::new(BufferSettings::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        LimitedDecoder {
            limits: limits::of_request::<U>(),
            decoded: PhantomData,
        }
    }
}

/// Decodes `U` within its limits.
#[derive(Clone, Copy, Debug)]
pub struct LimitedDecoder<U> {
    limits: Option<Limits>,
    decoded: PhantomData<U>,
}

impl<U: Message + Default> Decoder for LimitedDecoder<U> {
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        use bytes::Buf as _;
        let Some(limits) = self.limits else {
            let decoded = U::decode(buffer).map(Some);
            return decoded.map_err(|error| Status::internal(error.to_string()));
        };
        // tonic gives the whole message in one piece.
        if buffer.chunk().len() != buffer.remaining() {
            return Err(Status::internal("the message is not in one piece"));
        }
        limits.check(buffer.chunk()).map_err(of_refusal)?;
        U::decode(buffer).map(Some).map_err(|error| {
            let problem = format!("cannot be decoded: {error}");
            of_refusal(Refusal::field("message", problem))
        })
    }
}
