package dev.sluice.gateway.http;

import java.io.IOException;

/** Why a leg failed. Whatever the kind: its connection is closed and never goes back to the pool. */
public abstract sealed class UpstreamException extends IOException {
    UpstreamException(String message) {
        super(message);
    }

    /** True when the engine cannot have seen the request: sending it again costs no retry budget. */
    public boolean free() {
        return false;
    }

    /** No connection could be made: refused, unreachable, connect limit over, or no place in the pool. */
    public static final class ConnectFailed extends UpstreamException {
        ConnectFailed(String message) {
            super(message);
        }

        @Override
        public boolean free() {
            return true;
        }
    }

    /** A pooled connection that its other end had already closed: not one byte of an answer came. */
    public static final class StaleConnection extends UpstreamException {
        StaleConnection(String message) {
            super(message);
        }

        @Override
        public boolean free() {
            return true;
        }
    }

    /** A time limit is over. */
    public static final class UpstreamTimeout extends UpstreamException {
        /** Which limit. */
        public enum Kind {
            /** The engine does not take the request's bytes. */
            WRITE,
            /** No (complete) response head in time. */
            FIRST_BYTE,
            /** The body paused for too long. */
            IDLE
        }

        private final Kind kind;

        UpstreamTimeout(Kind kind) {
            super("upstream time limit over: " + kind);
            this.kind = kind;
        }

        /** Which limit. */
        public Kind kind() {
            return kind;
        }
    }

    /** The engine does not speak HTTP: bad head, bad framing, too many interim responses. */
    public static final class UpstreamProtocol extends UpstreamException {
        UpstreamProtocol(String message) {
            super(message);
        }
    }

    /** The connection ended before the answer did: no head, short body, missing last chunk. */
    public static final class Cut extends UpstreamException {
        Cut(String message) {
            super(message);
        }
    }

    /** Our own side called {@link UpstreamConnection#abort()}. */
    public static final class Aborted extends UpstreamException {
        Aborted() {
            super("aborted");
        }
    }
}
