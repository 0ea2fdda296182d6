"""A client in another language, from the .proto files and openssl alone.

Arguments: address of the hub, directory of the identity, organisation code, code of the recipient,
directory with the generated code. Prints one line for each thing it saw; any exception is a failure.
"""

import datetime
import hashlib
import pathlib
import subprocess
import sys
import tempfile

import grpc

address, identity, organ, recipient, generated = sys.argv[1:6]
sys.path.insert(0, generated)

from docaxis.v1 import document_pb2, exchange_pb2, exchange_pb2_grpc  # noqa: E402
from google.rpc import error_details_pb2, status_pb2  # noqa: E402

identity = pathlib.Path(identity)
credentials = grpc.ssl_channel_credentials(
    root_certificates=(identity / "ca.pem").read_bytes(),
    private_key=(identity / "connection.key").read_bytes(),
    certificate_chain=(identity / "connection.pem").read_bytes(),
)
exchange = exchange_pb2_grpc.ExchangeStub(grpc.secure_channel(address, credentials))
today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).strftime("%Y/%m/%d")


def header(number, sender=organ):
    content = b"noi dung"
    return document_pb2.DocumentHeader(
        **{"from": sender},
        document_id=f"{sender},{today},{number}/VB-PY",
        to=[recipient],
        code_number=str(number),
        code_notation="VB-PY",
        promulgation_date=today,
        document_type="Công văn",
        subject="V/v kiểm thử bằng Python",
        attachments=[
            document_pb2.AttachmentRef(
                name="a.txt",
                content_type="text/plain",
                size=len(content),
                sha256=hashlib.sha256(content).digest(),
            )
        ],
    ).SerializeToString()


def sign(content):
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "header.bin"
        file.write_bytes(content)
        command = ["openssl", "cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256"]
        command += ["-in", str(file)]
        for name in ("person", "seal"):
            command += ["-signer", str(identity / f"{name}.pem")]
            command += ["-inkey", str(identity / f"{name}.key")]
        return subprocess.run(command, check=True, capture_output=True).stdout


def verify(content, signature):
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        (directory / "header.bin").write_bytes(content)
        (directory / "signature.der").write_bytes(signature)
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER"]
        command += ["-in", str(directory / "signature.der"), "-out", str(directory / "out")]
        command += ["-content", str(directory / "header.bin"), "-CAfile", str(identity / "ca.pem")]
        subprocess.run(command, check=True, capture_output=True)


def document(number, sender=organ):
    content = header(number, sender)
    attachment = document_pb2.Attachment(
        sha256=hashlib.sha256(b"noi dung").digest(), content=b"noi dung"
    )
    return document_pb2.SignedDocument(
        header=content, signature=sign(content), attachments=[attachment]
    )


receipt = exchange.Submit(document(1))
print("submitted", document_pb2.LegalValue.Name(receipt.legal_value))

requests = [exchange_pb2.SubmitStreamRequest(tag=n, document=document(n)) for n in (2, 3)]
answers = {answer.tag: answer for answer in exchange.SubmitStream(iter(requests))}
print("streamed", sorted(answers), all(a.receipt.hub_sequence for a in answers.values()))

try:
    exchange.Submit(document(4, sender=recipient))
    raise SystemExit("the hub took a document in another organisation's name")
except grpc.RpcError as error:
    packed = dict(error.trailing_metadata())["grpc-status-details-bin"]
    details = status_pb2.Status.FromString(packed).details
    info, localized = error_details_pb2.ErrorInfo(), error_details_pb2.LocalizedMessage()
    for detail in details:
        detail.Unpack(info)
        detail.Unpack(localized)
    print("refused", info.domain, info.reason, localized.locale)

pending = exchange.ListPending(exchange_pb2.ListPendingRequest())
for waiting in pending.documents:
    delivery = exchange.Fetch(exchange_pb2.FetchRequest(document_id=waiting.document_id))
    verify(delivery.document.header, delivery.document.signature)
    done = exchange.Acknowledge(
        exchange_pb2.Acknowledgement(hub_sequences=[delivery.hub_sequence])
    )
    report = document_pb2.StatusReport(document_id=waiting.document_id, code=1)
    exchange.ReportStatus(report)
    print("received", done.acknowledged)

journey = exchange.Track(exchange_pb2.TrackRequest(document_id=receipt.document_id))
print("tracked", journey.recipients[0].stage)
