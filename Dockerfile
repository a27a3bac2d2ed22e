# The image of the action: one static binary and the certificates to trust.
FROM golang:1.26 AS build
WORKDIR /src
# The modules change seldom: their layer is kept while only our code changes.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o /keysweep .

# No USER line: a runner mounts its folders for root, and reports are handed to their owner.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /keysweep /keysweep
ENTRYPOINT ["/keysweep"]
