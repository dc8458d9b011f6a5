#!/bin/sh
# SPDX-License-Identifier: MIT
# A throw-away CA with the certificates that TLS tests need, good and bad, in the directory given.
# `openssl ca` is used because it alone, in OpenSSL 3.0, sets both ends of a validity period: an
# expired certificate is made expired.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: make_ca.sh DIR" >&2
    exit 2
fi
mkdir -p "$1"
cd "$1"
log=make_ca.log
: > "$log"
trap 'status=$?; [ $status -eq 0 ] || cat "$log" >&2; exit $status' EXIT

key() {
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>> "$log"
    chmod 600 "$1.key"
}

# self NAME SUBJECT EXTENSION...: signed by itself
self() {
    name=$1 subject=$2
    shift 2
    key "$name"
    openssl req -x509 -new -key "$name.key" -sha256 -days 3650 -subj "$subject" -out "$name.pem" \
        -config openssl.cnf "$@" 2>> "$log"
}

# signed NAME SUBJECT EXTENSIONS FROM TO: signed by the CA
signed() {
    key "$1"
    openssl req -new -key "$1.key" -sha256 -subj "$2" -out "$1.csr" -config openssl.cnf 2>> "$log"
    openssl ca -batch -config openssl.cnf -notext -in "$1.csr" -out "$1.pem" -extensions "$3" \
        -startdate "$4" -enddate "$5" 2>> "$log"
    rm -f "$1.csr"
}

rm -f index.txt* serial*
: > index.txt
echo 1000 > serial
cat > openssl.cnf <<'CONFIG'
[req]
distinguished_name = subject
prompt = no
[subject]
CN = unnamed
[ca]
default_ca = throwaway
[throwaway]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[server]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:venue.test, IP:127.0.0.1, IP:::1
[other]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.test
[client]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
CONFIG

start=20200101000000Z
end=20991231235959Z
self ca "/CN=Weir test CA" -extensions authority
self other-ca "/CN=Another test CA" -extensions authority
self self-signed "/CN=localhost" -extensions server
self client-bad "/CN=weir-client" -extensions client
signed good "/CN=localhost" server $start $end
signed wrong-host "/CN=other.test" other $start $end
signed expired "/CN=localhost" server $start 20210101000000Z
signed future "/CN=localhost" server 20980101000000Z $end
signed client "/CN=weir-client" client $start $end
rm -f 10??.pem index.txt* serial* openssl.cnf "$log"
