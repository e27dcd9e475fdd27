package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"

	"mockamivoice/fake/clock"
)

const certificateLife = 365 * 24 * time.Hour

// tlsConfig is the certificate of --tls-cert, or a new one of --tls-self-signed.
func (c *serveCommand) tlsConfig() (*tls.Config, error) {
	certificate, err := c.certificate()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate},
		NextProtos: []string{"http/1.1"}, // HTTP/2 lower-cases headers and cannot be hijacked
	}, nil
}

func (c *serveCommand) certificate() (tls.Certificate, error) {
	if c.TLSCert != "" {
		certificate, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return certificate, usage("--tls-cert and --tls-key: %w", err)
		}
		return certificate, nil
	}
	certificate, authority, err := selfSigned(append([]string{"localhost", "127.0.0.1", "::1"}, c.TLSName...))
	if err != nil {
		return certificate, cannot("make a certificate: %w", err)
	}
	if c.TLSCAOut != "" {
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority})
		if err := os.WriteFile(c.TLSCAOut, text, 0o644); err != nil { //nolint:gosec // a certificate is for everybody to read
			return certificate, cannot("--tls-ca-out: %w", err)
		}
	}
	return certificate, nil
}

// selfSigned makes an authority and a certificate of it for names. The key of the authority is thrown away.
func selfSigned(names []string) (leaf tls.Certificate, authority []byte, err error) {
	now := clock.System{}.Now()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return leaf, nil, err
	}
	ca := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "mockamivoice, for this machine only"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authority, err = x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return leaf, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return leaf, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[len(names)-1]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		return leaf, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der, authority}, PrivateKey: key}, authority, nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return big.NewInt(1) // crypto/rand does not fail
	}
	return n
}
