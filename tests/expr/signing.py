#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Signatures against published vectors (RFC 4231, 8032, 7515, 8037) and against openssl(1).

    signing.py WEIR
"""
import base64
import json
import os
import subprocess
import sys
import tempfile

# RFC 4231: key, message, and the digests that it prints for SHA-256, -384, -512.
HMAC = [
    ("0b" * 20, b"Hi There".hex(),
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
     "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
     "faea9ea9076ede7f4af152e8b2fa9cb6",
     "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
     "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"),
    (b"Jefe".hex(), b"what do ya want for nothing?".hex(),
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
     "8e2240ca5e69e2c78b3239ecfab21649",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"),
    ("aa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First".hex(),
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", None, None),
]
# RFC 8032, 7.1: secret key, message, signature.
ED25519 = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
     "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]
# JWS of RFC 7515 A.1 and RFC 8037 A.4: header, payload, key, alg, token.
TOKENS = [
    ('{"typ":"JWT",\r\n "alg":"HS256"}',
     '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}',
     "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", "HS256",
     "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA"
     "6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ('{"alg":"EdDSA"}', "Example of Ed25519 signing", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
     "EdDSA",
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIb"
     "QR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"),
]
MESSAGES = ["", "a", "GET/realtime1609459200", "é\n\0", "x" * 1000]
failures = []


def evaluate(weir, expr, data):
    out = subprocess.run([weir, "eval", "--batch"], input=json.dumps({"expr": expr, "data": data}),
                         capture_output=True, text=True, check=True).stdout
    answer = json.loads(out)
    return answer.get("value", answer)


def expect(what, got, want):
    if got != want:
        failures.append(f"{what}: {got} instead of {want}")


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def published(weir):
    for key, message, *digests in HMAC:
        for bits, want in zip((256, 384, 512), digests):
            if want:
                args = f"hmac_sha{bits}(unhex(data[0]), unhex(data[1]))"
                expect(f"hmac_sha{bits}", evaluate(weir, args + ".hex()", [key, message]), want)
                expect(f"b64 of hmac_sha{bits}", evaluate(weir, f"b64encode({args})", [key, message]),
                       base64.b64encode(bytes.fromhex(want)).decode())
    for key, message, want in ED25519:
        expect("ed25519", evaluate(weir, "ed25519_sign(unhex(data[0]), unhex(data[1])).hex()",
                                   [key, message]), want)
    for header, payload, key, alg, want in TOKENS:
        expect(alg, evaluate(weir, "jwt(data[0], data[1], unhex(data[2]), data[3])",
                             [header, payload, unbase64(key).hex(), alg]), want)


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def against_hmac(weir):
    for message in MESSAGES:
        for bits in (256, 384, 512):
            want = openssl("dgst", f"-sha{bits}", "-hmac", "s3cret", "-r",
                           data=message.encode()).split()[0].decode()
            expect(f"openssl hmac {bits}",
                   evaluate(weir, f"hmac_sha{bits}('s3cret', data).hex()", message), want)
        for name in ("md5", "sha256", "sha384", "sha512"):
            want = openssl("dgst", "-" + name, "-r", data=message.encode()).split()[0].decode()
            expect(f"openssl {name}", evaluate(weir, f"{name}(data).hex()", message), want)


def der_of(signature):
    """r || s as an ASN.1 SEQUENCE of two INTEGERs."""
    out = b""
    for half in (signature[:32], signature[32:]):
        number = half.lstrip(b"\0") or b"\0"
        number = b"\0" + number if number[0] & 0x80 else number
        out += bytes([2, len(number)]) + number
    return bytes([0x30, len(out)]) + out


def verify_token(folder, alg, public, token):
    signed, _, signature = token.rpartition(".")
    signature = unbase64(signature)
    paths = [os.path.join(folder, name) for name in ("data", "sig")]
    with open(paths[0], "wb") as file:
        file.write(signed.encode())
    with open(paths[1], "wb") as file:
        file.write(der_of(signature) if alg == "ES256" else signature)
    if alg == "ES256":
        args = ["dgst", "-sha256", "-verify", public, "-signature", paths[1], paths[0]]
    else:
        args = ["pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", paths[0], "-sigfile",
                paths[1]]
    run = subprocess.run(["openssl", *args], capture_output=True, text=True)
    expect(f"openssl verifies {alg}", run.returncode, 0)


def against_openssl(weir):
    against_hmac(weir)
    kinds = [("ES256", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
             ("EdDSA", ["-algorithm", "ED25519"])]
    with tempfile.TemporaryDirectory() as folder:
        for alg, args in kinds:
            pem = openssl("genpkey", *args)
            public = os.path.join(folder, alg)
            with open(public, "wb") as file:
                file.write(openssl("pkey", "-pubout", data=pem))
            for claims in ({"sub": "a", "n": 1}, {"é": ["x"]}, {}):
                token = evaluate(weir, "jwt({'kid': 'k1'}, data[0], data[1], data[2])",
                                 [claims, pem.decode(), alg])
                verify_token(folder, alg, public, token)
                header, payload = [json.loads(unbase64(part)) for part in token.split(".")[:2]]
                expect("header", header, {"alg": alg, "typ": "JWT", "kid": "k1"})
                expect("claims", payload, claims)


def main():
    published(sys.argv[1])
    against_openssl(sys.argv[1])
    print("\n".join(failures) or "all signatures as published, and as openssl has them")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
