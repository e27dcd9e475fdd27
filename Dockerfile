# One static binary on scratch. The builder brings CA roots; the tape and a CA certificate can be written to /tmp.
FROM golang:1.26 AS build
ARG VERSION=devel
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/mockamivoice ./cmd/mockamivoice \
 && mkdir -m 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/tmp /tmp
COPY --from=build /out/mockamivoice /mockamivoice
USER 65532:65532
# The service for everybody who reaches the container. The admin port stays inside, where the health check asks it; to open it
# set MOCKAMIVOICE_ADMIN=0.0.0.0:8081 and MOCKAMIVOICE_ADMIN_TOKEN.
ENV MOCKAMIVOICE_LISTEN=0.0.0.0:8080 MOCKAMIVOICE_ADMIN=127.0.0.1:8081
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=4s --start-period=1s CMD ["/mockamivoice", "healthcheck"]
ENTRYPOINT ["/mockamivoice"]
CMD ["serve"]
