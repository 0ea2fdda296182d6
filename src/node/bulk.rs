//! The bare pipes of a participant, for a load generator that must cost less than the hub it loads:
//! documents go out as bytes made earlier, and of what comes back only the few fields that are counted
//! are decoded.

use bytes::BufMut as _;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use prost::encoding::encode_varint;
use prost::encoding::encoded_len_varint;
use tonic::Request;
use tonic::Status;
use tonic::Streaming;
use tonic::client::Grpc;
use tonic::codec::Codec;
use tonic::codec::DecodeBuf;
use tonic::codec::Decoder;
use tonic::codec::EncodeBuf;
use tonic::codec::Encoder;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_prost::ProstCodec;

use super::connection::Connection;
use crate::model::Reason;
use crate::wire;

/// A document on its way out.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Comes back with the answer.
    pub tag: u64,
    /// A serialised `SignedDocument`.
    pub document: Bytes,
}

/// What the hub answered to one document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It is committed.
    Accepted,
    /// It is not.
    Refused {
        /// Why, as one of the closed list.
        reason: Reason,
        /// What happened, in English.
        message: String,
    },
}

/// What a subscriber got.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Position in the hub's order: what is acknowledged.
    pub hub_sequence: u64,
    /// The bytes that were signed.
    pub header: Bytes,
    /// The signature over them.
    pub signature: Bytes,
}

/// Something a subscriber has to say.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    /// Documents the hub may send beyond those it already may.
    pub credit: u32,
    /// Deliveries that arrived.
    pub hub_sequences: Vec<u64>,
    /// Last status notice seen; 0 for none.
    pub status_cursor: u64,
}

/// One item of a subscription.
#[derive(Clone, Debug)]
pub enum Item {
    /// A document.
    Document(Delivered),
    /// Status notices up to this cursor.
    Notices(u64),
}

impl Connection {
    /// Opens a pipelined submission; answers come back by tag, in any order.
    ///
    /// # Errors
    /// The connection, or the hub's refusal of the caller.
    pub async fn submit_frames(
        &self,
        frames: impl Stream<Item = Frame> + Send + 'static,
    ) -> Result<BoxStream<'static, Result<(u64, Answer), Status>>, Status> {
        let mut client = self.client().await?;
        let path = PathAndQuery::from_static("/docaxis.v1.Exchange/SubmitStream");
        let answers = client
            .streaming(
                Request::new(frames),
                path,
                FrameCodec::<fields::Answer>::new(),
            )
            .await?;
        let answers: Streaming<fields::Answer> = answers.into_inner();
        Ok(Box::pin(answers.map(|answer| {
            let answer = answer?;
            Ok((answer.tag, answer.meant()?))
        })))
    }

    /// Submits one document by a call of its own.
    ///
    /// # Errors
    /// The connection; a refusal with a reason is an [`Answer`].
    pub async fn submit_frame(&self, document: Bytes) -> Result<Answer, Status> {
        let mut client = self.client().await?;
        let path = PathAndQuery::from_static("/docaxis.v1.Exchange/Submit");
        let codec = FrameCodec::<fields::Receipt>::new();
        match client.unary(Request::new(document), path, codec).await {
            Ok(_) => Ok(Answer::Accepted),
            Err(status) => match wire::reason_of(&status) {
                Some(explained) => Ok(Answer::Refused {
                    reason: explained.reason,
                    message: explained.message,
                }),
                None => Err(status),
            },
        }
    }

    /// Opens a subscription.
    ///
    /// # Errors
    /// The connection, or the hub's refusal of the caller.
    pub async fn deliveries(
        &self,
        said: impl Stream<Item = Acknowledged> + Send + 'static,
    ) -> Result<BoxStream<'static, Result<Item, Status>>, Status> {
        let mut client = self.client().await?;
        let path = PathAndQuery::from_static("/docaxis.v1.Exchange/Subscribe");
        let said = said.map(|said| wire::v1::SubscribeRequest {
            credit: said.credit,
            acknowledge: Some(wire::v1::Acknowledgement {
                hub_sequences: said.hub_sequences,
                status_cursor: said.status_cursor,
            }),
        });
        let codec = ProstCodec::<wire::v1::SubscribeRequest, fields::Delivery>::default();
        let items = client.streaming(Request::new(said), path, codec).await?;
        let items: Streaming<fields::Delivery> = items.into_inner();
        let meant = |item: Result<fields::Delivery, Status>| item.map(fields::Delivery::meant);
        Ok(Box::pin(items.filter_map(move |item| {
            std::future::ready(meant(item).transpose())
        })))
    }

    async fn client(&self) -> Result<Grpc<tonic::transport::Channel>, Status> {
        let mut client = Grpc::new(self.channel());
        client
            .ready()
            .await
            .map_err(|error| Status::unavailable(error.to_string()))?;
        Ok(client)
    }
}

/// The fields that are counted; prost passes over the others.
mod fields {
    use bytes::Bytes;
    use tonic::Status;

    use super::Delivered;
    use super::Item;
    use crate::model::Reason;

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Answer {
        #[prost(uint64, tag = "1")]
        pub(super) tag: u64,
        #[prost(message, optional, tag = "2")]
        receipt: Option<Receipt>,
        #[prost(message, optional, tag = "3")]
        refused: Option<Refused>,
    }

    /// That there is one says it all.
    #[derive(Clone, Copy, PartialEq, prost::Message)]
    pub(super) struct Receipt {}

    #[derive(Clone, PartialEq, prost::Message)]
    struct Refused {
        #[prost(string, tag = "1")]
        reason: String,
        #[prost(string, tag = "2")]
        message: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub(super) struct Delivery {
        #[prost(message, optional, tag = "1")]
        document: Option<Document>,
        #[prost(message, optional, tag = "2")]
        statuses: Option<Notices>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Document {
        #[prost(uint64, tag = "1")]
        hub_sequence: u64,
        #[prost(message, optional, tag = "4")]
        document: Option<Signed>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Signed {
        #[prost(bytes = "bytes", tag = "1")]
        header: Bytes,
        #[prost(bytes = "bytes", tag = "2")]
        signature: Bytes,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Notices {
        #[prost(message, repeated, tag = "1")]
        notices: Vec<Notice>,
    }

    #[derive(Clone, Copy, PartialEq, prost::Message)]
    struct Notice {
        #[prost(uint64, tag = "1")]
        cursor: u64,
    }

    impl Answer {
        pub(super) fn meant(self) -> Result<super::Answer, Status> {
            match (self.receipt, self.refused) {
                (Some(_), _) => Ok(super::Answer::Accepted),
                (None, Some(refused)) => Reason::from_name(&refused.reason)
                    .map(|reason| super::Answer::Refused {
                        reason,
                        message: refused.message,
                    })
                    .ok_or_else(|| Status::internal("a refusal without a known reason")),
                (None, None) => Err(Status::internal("an answer without an outcome")),
            }
        }
    }

    impl Delivery {
        pub(super) fn meant(self) -> Option<Item> {
            if let Some(Document {
                hub_sequence,
                document,
            }) = self.document
            {
                let Signed { header, signature } = document?;
                return Some(Item::Document(Delivered {
                    hub_sequence,
                    header,
                    signature,
                }));
            }
            let last = self.statuses?.notices.last()?.cursor;
            Some(Item::Notices(last))
        }
    }
}

/// Writes documents that are serialised already.
#[derive(Debug)]
struct FrameCodec<T>(std::marker::PhantomData<T>);

impl<T> FrameCodec<T> {
    fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

/// What can be written as it is.
trait Serialised: Send + 'static {
    fn put(self, buffer: &mut EncodeBuf<'_>);
}

impl Serialised for Bytes {
    fn put(self, buffer: &mut EncodeBuf<'_>) {
        buffer.put(self);
    }
}

impl Serialised for Frame {
    fn put(self, buffer: &mut EncodeBuf<'_>) {
        let Self { tag, document } = self;
        let length = document.len() as u64;
        buffer.reserve(4 + 20 + encoded_len_varint(length) + document.len());
        // Field 1, varint; field 2, length-delimited: `SubmitStreamRequest`.
        buffer.put_u8(0x08);
        encode_varint(tag, buffer);
        buffer.put_u8(0x12);
        encode_varint(length, buffer);
        buffer.put(document);
    }
}

/// The writing half.
#[derive(Debug)]
struct Writing<S>(std::marker::PhantomData<S>);

impl<S: Serialised> Encoder for Writing<S> {
    type Item = S;
    type Error = Status;

    fn encode(&mut self, item: S, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.put(buffer);
        Ok(())
    }
}

/// The reading half: a message of which some fields are wanted.
#[derive(Debug)]
struct Reading<T>(std::marker::PhantomData<T>);

impl<T: prost::Message + Default> Decoder for Reading<T> {
    type Item = T;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<T>, Status> {
        T::decode(buffer)
            .map(Some)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl Codec for FrameCodec<fields::Answer> {
    type Encode = Frame;
    type Decode = fields::Answer;
    type Encoder = Writing<Frame>;
    type Decoder = Reading<fields::Answer>;

    fn encoder(&mut self) -> Self::Encoder {
        Writing(std::marker::PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        Reading(std::marker::PhantomData)
    }
}

impl Codec for FrameCodec<fields::Receipt> {
    type Encode = Bytes;
    type Decode = fields::Receipt;
    type Encoder = Writing<Bytes>;
    type Decoder = Reading<fields::Receipt>;

    fn encoder(&mut self) -> Self::Encoder {
        Writing(std::marker::PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        Reading(std::marker::PhantomData)
    }
}
