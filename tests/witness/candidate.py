"""A candidate in another language, from the .proto files, docs/joining.md and openssl alone.

Arguments: address of the hub, directory of the identity, organisation code, directory with the generated
code, fault: none, tamper (an attachment changes after signing), blind (signatures are not checked),
deaf (the first acknowledgement is lost). Prints `passed C01` or `failed C01` for each verdict.
"""

import datetime
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import grpc

address, identity, organ, generated, fault = sys.argv[1:6]
sys.path.insert(0, generated)

from docaxis.v1 import conformance_pb2, document_pb2, exchange_pb2, exchange_pb2_grpc  # noqa: E402
from docaxis.v1 import registry_pb2, registry_pb2_grpc  # noqa: E402
from google.rpc import error_details_pb2, status_pb2  # noqa: E402

identity = pathlib.Path(identity)
counted = {"sent": 0, "refused": 0, "received": 0}
taken = set()
lost = set()
scratch = pathlib.Path(tempfile.mkdtemp())
INLINE_MAX = 256 * 1024
VN = datetime.timezone(datetime.timedelta(hours=7))


def connect():
    credentials = grpc.ssl_channel_credentials(
        root_certificates=(identity / "ca.pem").read_bytes(),
        private_key=(identity / "connection.key").read_bytes(),
        certificate_chain=(identity / "connection.pem").read_bytes(),
    )
    channel = grpc.secure_channel(address, credentials)
    return channel, exchange_pb2_grpc.ExchangeStub(channel), registry_pb2_grpc.RegistryStub(channel)


channel, exchange, registry = connect()


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=False)


def reason_of(error):
    packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(packed or b"").details:
        detail.Unpack(info)
    return info.reason


def sign(header):
    (scratch / "header").write_bytes(header)
    command = ["cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256"]
    command += ["-in", str(scratch / "header")]
    for name in ("person", "seal"):
        command += ["-signer", str(identity / f"{name}.pem")]
        command += ["-inkey", str(identity / f"{name}.key")]
    return openssl(*command).stdout


def send(order):
    document_id = f"{organ},{order.promulgation_date},{order.code_number}/{order.code_notation}"
    outcome = conformance_pb2.Done.Outcome(document_id=document_id)
    if order.secrecy != document_pb2.SECRECY_NONE:
        outcome.reason = "SECRET_REFUSED"
        return outcome
    contents = [os.urandom(size) for size in order.attachment_bytes]
    header = document_pb2.DocumentHeader(
        **{"from": organ},
        document_id=document_id,
        to=order.to,
        code_number=order.code_number,
        code_notation=order.code_notation,
        promulgation_date=order.promulgation_date,
        document_type="Công văn",
        subject=order.subject,
        priority=order.priority,
        business_type=order.business_type,
        response_for=order.response_for,
        attachments=[
            document_pb2.AttachmentRef(
                name=f"tep-{place}.bin",
                content_type="application/octet-stream",
                size=len(content),
                sha256=hashlib.sha256(content).digest(),
            )
            for place, content in enumerate(contents)
        ],
    ).SerializeToString()
    signature = sign(header) if order.signed else b""
    if fault == "tamper":
        contents = [bytes([content[0] ^ 1]) + content[1:] for content in contents]
    inline = []
    try:
        for content in contents:
            digest = hashlib.sha256(content).digest()
            if len(content) <= INLINE_MAX:
                inline.append(document_pb2.Attachment(sha256=digest, content=content))
            else:
                chunks = (
                    exchange_pb2.Chunk(data=content[at : at + 65536])
                    for at in range(0, len(content), 65536)
                )
                exchange.PutAttachment(chunks)
        document = document_pb2.SignedDocument(
            header=header, signature=signature, attachments=inline
        )
        receipt = exchange.Submit(document)
        counted["sent"] += 1
        outcome.accepted = True
        outcome.legal_value = receipt.legal_value
    except grpc.RpcError as error:
        counted["refused"] += 1
        outcome.reason = reason_of(error)
    return outcome


def revocation_lists():
    axis = registry.GetAxis(registry_pb2.GetAxisRequest())
    pem = b""
    for der in axis.revocation_lists:
        (scratch / "list").write_bytes(der)
        pem += openssl("crl", "-inform", "DER", "-in", str(scratch / "list")).stdout
    (scratch / "trust.pem").write_bytes((identity / "ca.pem").read_bytes() + pem)


def organ_of(pem):
    said = openssl("x509", "-noout", "-ext", "subjectAltName", "-in", str(pem)).stdout.decode()
    return said.split("urn:docaxis:organ:")[1].split(",")[0].strip()


def check(document, header):
    """What is wrong with a document; empty when nothing is."""
    if fault == "blind":
        return ""
    named = [bytes(attachment.sha256) for attachment in header.attachments]
    for attachment in document.attachments:
        if hashlib.sha256(attachment.content).digest() not in named:
            return "DIGEST_MISMATCH"
    if not document.signature:
        return ""
    (scratch / "header").write_bytes(document.header)
    (scratch / "signature").write_bytes(document.signature)
    verified = openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", str(scratch / "signature"),
        "-content", str(scratch / "header"), "-out", str(scratch / "out"),
        "-CAfile", str(scratch / "trust.pem"), "-crl_check", "-signer", str(scratch / "signers.pem"),
    )
    if verified.returncode != 0:
        revoked = b"revoked" in verified.stderr
        return "CERTIFICATE_REVOKED" if revoked else "SIGNATURE_INVALID"
    for pem in (scratch / "signers.pem").read_text().split("-----END CERTIFICATE-----")[:-1]:
        (scratch / "one.pem").write_text(pem + "-----END CERTIFICATE-----\n")
        if organ_of(scratch / "one.pem") != getattr(header, "from"):
            return "SIGNER_MISMATCH"
    return ""


def tail_of(document, header):
    for named in header.attachments:
        if any(bytes(inline.sha256) == named.sha256 for inline in document.attachments):
            continue
        request = exchange_pb2.GetAttachmentRequest(
            document_id=header.document_id, sha256=named.sha256
        )
        content = b"".join(chunk.data for chunk in exchange.GetAttachment(request))
        if hashlib.sha256(content).digest() != named.sha256:
            raise ValueError("attachment")
        return content[-16:]
    return b""


def report(document_id, code, description=""):
    exchange.ReportStatus(
        document_pb2.StatusReport(document_id=document_id, code=code, description=description)
    )


def acknowledge(sequence):
    if fault == "deaf" and not lost:
        lost.add(sequence)
        return
    if sequence in lost:
        return
    done = exchange.Acknowledge(exchange_pb2.Acknowledgement(hub_sequences=[sequence]))
    counted["received"] += done.acknowledged


def waiting(ids):
    for _ in range(250):
        listed = exchange.ListPending(exchange_pb2.ListPendingRequest(page_size=1000))
        found = [pending for pending in listed.documents if pending.document_id in ids]
        if len(found) >= len(ids):
            return found
        time.sleep(0.02)
    return found


def receive(task):
    global channel, exchange, registry
    revocation_lists()
    outcomes = []
    listed = waiting(list(task.document_ids))
    if task.reconnect:
        exchange.Fetch(exchange_pb2.FetchRequest(document_id=listed[0].document_id))
        channel.close()
        channel, exchange, registry = connect()
    for pending in listed:
        delivery = exchange.Fetch(exchange_pb2.FetchRequest(document_id=pending.document_id))
        if pending.document_id in taken:
            acknowledge(delivery.hub_sequence)
            continue
        taken.add(pending.document_id)
        header = document_pb2.DocumentHeader.FromString(delivery.document.header)
        problem = check(delivery.document, header)
        outcome = conformance_pb2.Done.Outcome(document_id=pending.document_id, reason=problem)
        outcome.attachment_tail = tail_of(delivery.document, header)
        acknowledge(delivery.hub_sequence)
        report(pending.document_id, 1)
        if problem or task.return_because:
            report(pending.document_id, 2, problem or task.return_because)
        else:
            outcome.accepted = True
            signed = bool(delivery.document.signature)
            outcome.legal_value = document_pb2.FULL if signed else document_pb2.REFERENCE_ONLY
            for code in task.then:
                report(pending.document_id, code)
        outcomes.append(outcome)
    return outcomes


def change(task):
    if task.asked_by:
        receive(
            conformance_pb2.ConformanceTask.Receive(document_ids=[task.asked_by], then=[3])
        )
    else:
        for _ in range(250):
            listed = exchange.ListPending(exchange_pb2.ListPendingRequest())
            notices = [n for n in listed.statuses if n.document_id == task.document_id]
            if any(notice.code == 13 for notice in notices):
                cursor = max(notice.cursor for notice in listed.statuses)
                exchange.Acknowledge(exchange_pb2.Acknowledgement(status_cursor=cursor))
                break
            time.sleep(0.02)
    report(task.document_id, task.answer, "đã xử lý xong" if task.answer == 16 else "")


def perform(task):
    done = conformance_pb2.Done(test=task.test)
    done.now.FromDatetime(datetime.datetime.now(datetime.timezone.utc))
    kind = task.WhichOneof("task")
    if kind == "directory":
        listed = registry.ListAgencies(registry_pb2.ListAgenciesRequest())
        done.agencies = len(listed.agencies)
    elif kind == "send":
        done.outcomes.extend(send(order) for order in task.send.documents)
    elif kind == "receive":
        done.outcomes.extend(receive(task.receive))
    elif kind == "change":
        change(task.change)
    elif kind == "recall":
        report(task.recall.document_id, 13)
    elif kind == "counters":
        done.sent, done.refused = counted["sent"], counted["refused"]
        done.received = counted["received"]
    return done


def main():
    # The run has a connection of its own: one test asks to break the other.
    credentials, _, runner = connect()
    import queue

    requests = queue.Queue()
    start = conformance_pb2.ConformanceRequest.Start()
    requests.put(conformance_pb2.ConformanceRequest(start=start))
    for event in runner.RunConformance(iter(requests.get, None)):
        kind = event.WhichOneof("event")
        if kind == "task":
            try:
                done = perform(event.task)
            except Exception as error:  # What fails is for the hub to find.
                print("problem", event.task.test, type(error).__name__, error, file=sys.stderr)
                done = conformance_pb2.Done(test=event.task.test)
            requests.put(conformance_pb2.ConformanceRequest(done=done))
        elif kind == "verdict":
            print("passed" if event.verdict.passed else "failed", event.verdict.test, flush=True)
            if not event.verdict.passed:
                print(event.verdict.test, event.verdict.found, file=sys.stderr)
        else:
            break
    requests.put(None)
    credentials.close()


main()
