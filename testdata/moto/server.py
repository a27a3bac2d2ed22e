"""Starts moto's server with a past, for the end-to-end tests.

usage: server.py PORT

It ends when its standard input does, so that it never outlives the tests that started it.

moto makes every user and key now, has no root user, and writes a credential report that no
AWS account would write. The interesting findings are all about dates and about root, so this
launcher adds one endpoint of its own, POST /_fixture, that takes a JSON object of settings:

    clock    RFC 3339: what IAM and Organizations make from now on is made at that time;
             null: made at the real time again
    account  the account that the settings below are about
    users    by name: password_set, password_last_used, keys (by id: created, last_used, service, region),
             certificates (by id: created)
    root     created, password (false or true), password_last_used, mfa, keys (a list of: active,
             created, last_used, service, region), certificate
    expire_report  true: the next credential report is made anew

The credential report is then made as AWS makes it: a row for root, key slots in order of key
ids and not of creation, N/A where there is nothing, whole seconds, and the same bytes again
for four hours, whatever happens to the users meanwhile.

Only IAM and Organizations get another clock: the credentials of assumed roles expire in real time.
"""

import csv
import datetime
import io
import json
import os
import sys
import threading

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam import models as iam
from moto.iam import responses as iam_responses
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.organizations import models as organizations
from werkzeug.serving import WSGIRequestHandler, run_simple

MANAGEMENT = "123456789012"
REPORT_LIFE = datetime.timedelta(hours=4)
COLUMNS = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed"
    " password_next_rotation mfa_active"
    " access_key_1_active access_key_1_last_rotated access_key_1_last_used_date"
    " access_key_1_last_used_region access_key_1_last_used_service"
    " access_key_2_active access_key_2_last_rotated access_key_2_last_used_date"
    " access_key_2_last_used_region access_key_2_last_used_service"
    " cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()


def parse(text):
    """An RFC 3339 time as moto keeps it: naive, in UTC."""
    if not text:
        return None
    time = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time.astimezone(datetime.timezone.utc).replace(tzinfo=None)


def column(time, absent="N/A"):
    """A time as a column of the report."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ") if time else absent


def flag(value):
    return "true" if value else "false"


class Past:
    """What moto does not know: the clock, root users, when passwords were set, made reports."""

    def __init__(self):
        self.clock = None
        self.roots = {}
        self.passwords = {}
        self.certificates = {}
        self.reports = {}

    def now(self):
        # Whole seconds, as AWS keeps them: moto's own microseconds would make the report and
        # the live answers differ.
        return self.clock or utcnow().replace(microsecond=0)

    def apply(self, settings):
        if "clock" in settings:
            self.clock = parse(settings["clock"])
        account = settings.get("account", MANAGEMENT)
        backend = iam.iam_backends[account]["aws"]
        if "root" in settings:
            self.root(account, backend, settings["root"])
        for name, user in settings.get("users", {}).items():
            self.user(account, backend.get_user(name), user)
        if settings.get("expire_report"):
            self.reports.pop(account, None)
            backend.credential_report = None

    def root(self, account, backend, root):
        self.roots[account] = root
        summary = backend.account_summary
        summary._account_mfa_enabled = int(bool(root.get("mfa")))
        summary._account_access_keys_present = int(bool(root.get("keys")))
        summary._account_signing_certificates_present = int(bool(root.get("certificate")))

    def user(self, account, user, settings):
        if "password_set" in settings:
            self.passwords[account, user.name] = parse(settings["password_set"])
        if "password_last_used" in settings:
            user.password_last_used = parse(settings["password_last_used"])
        known = {key.access_key_id: key for key in user.access_keys}
        for key_id, key in settings.get("keys", {}).items():
            if "created" in key:
                known[key_id].create_date = parse(key["created"])
            if "last_used" in key:
                known[key_id].last_used = self.last_use(key)
        for certificate_id, certificate in settings.get("certificates", {}).items():
            user.signing_certificates[certificate_id].upload_date = parse(certificate["created"])

    @staticmethod
    def last_use(key):
        if not key["last_used"]:
            return None
        return iam.AccessKeyLastUsed(
            parse(key["last_used"]), key.get("service", "s3"), key.get("region", "us-east-1")
        )

    def report(self, account, backend):
        """The report and when it was made; AWS hands out the same one for four hours."""
        content, made = self.reports.get(account, (None, None))
        if content is None or utcnow() - made >= REPORT_LIFE:
            content, made = self.write_report(account, backend), utcnow().replace(microsecond=0)
            self.reports[account] = content, made
        return content, made

    def write_report(self, account, backend):
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, restval="N/A", lineterminator="\n")
        writer.writeheader()
        writer.writerow(self.root_row(account))
        for user in sorted(backend.users.values(), key=lambda u: u.name.lower()):
            writer.writerow(self.user_row(account, user))
        return out.getvalue().rstrip("\n")

    def root_row(self, account):
        root = self.roots.get(account, {})
        keys = [
            (key["active"], parse(key["created"]), self.last_use({"last_used": None} | key))
            for key in root.get("keys", [])
        ]
        used = column(parse(root.get("password_last_used")), "no_information")
        return {
            "user": "<root_account>",
            "arn": f"arn:aws:iam::{account}:root",
            "user_creation_time": root.get("created", "2019-01-01T00:00:00Z"),
            "password_enabled": flag(root.get("password")),
            "password_last_used": used if root.get("password") else "N/A",
            "password_last_changed": column(parse(root.get("password") and root.get("created"))),
            "password_next_rotation": "not_supported",
            "mfa_active": flag(root.get("mfa")),
            **self.key_columns(keys),
            **self.certificate_columns([(True, None)] if root.get("certificate") else []),
        }

    def user_row(self, account, user):
        keys = [
            (key.status == "Active", key.create_date, key.last_used)
            for key in sorted(user.access_keys, key=lambda k: k.access_key_id)
        ]
        row = {
            "user": user.name,
            "arn": user.arn,
            "user_creation_time": column(user.create_date),
            "password_enabled": flag(user.password),
            "mfa_active": flag(user.mfa_devices),
            **self.key_columns(keys),
            **self.certificate_columns(
                [(c.status == "Active", c.upload_date) for c in user.signing_certificates.values()]
            ),
        }
        if user.password:
            row["password_last_used"] = column(user.password_last_used, "no_information")
            row["password_last_changed"] = column(
                self.passwords.get((account, user.name), user.create_date)
            )
        return row

    @staticmethod
    def key_columns(keys):
        row = {"access_key_1_active": "false", "access_key_2_active": "false"}
        for slot, (active, created, used) in enumerate(keys, 1):
            start = f"access_key_{slot}_"
            row[start + "active"] = flag(active)
            row[start + "last_rotated"] = column(created)
            if used:
                row[start + "last_used_date"] = column(used.timestamp)
                row[start + "last_used_region"] = used.region or "N/A"
                row[start + "last_used_service"] = used.service
        return row

    @staticmethod
    def certificate_columns(certificates):
        row = {"cert_1_active": "false", "cert_2_active": "false"}
        for slot, (active, created) in enumerate(certificates, 1):
            row[f"cert_{slot}_active"] = flag(active)
            row[f"cert_{slot}_last_rotated"] = column(created)
        return row


PAST = Past()


def get_credential_report(self):
    made_by_moto = self.backend.get_credential_report()  # raises when none was asked for
    assert made_by_moto
    content, made = PAST.report(self.current_account, self.backend)
    return ActionResult({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": made})


def get_account_summary(self):
    summary = dict(self.backend.get_account_summary().summary_map)
    root = PAST.roots.get(self.current_account, {})
    summary["AccountPasswordPresent"] = int(bool(root.get("password")))
    return ActionResult({"SummaryMap": summary})


class Server(DomainDispatcherApplication):
    def __call__(self, environ, start_response):
        if environ.get("PATH_INFO") != "/_fixture":
            return super().__call__(environ, start_response)
        status, body = "200 OK", b"{}"
        try:
            length = int(environ["CONTENT_LENGTH"])
            PAST.apply(json.loads(environ["wsgi.input"].read(length)))
        except Exception as fault:  # a fault of the test that sent it: tell it, keep serving
            status, body = "400 Bad Request", repr(fault).encode()
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]


class Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        pass


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def main():
    threading.Thread(target=end_with_input, daemon=True).start()
    iam.utcnow = organizations.utcnow = PAST.now
    iam_responses.IamResponse.get_credential_report = get_credential_report
    iam_responses.IamResponse.get_account_summary = get_account_summary
    run_simple(
        "127.0.0.1",
        int(sys.argv[1]),
        Server(create_backend_app),
        threaded=True,
        request_handler=Quiet,
    )


if __name__ == "__main__":
    main()
