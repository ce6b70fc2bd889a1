package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.ObserverContract;
import java.util.OptionalInt;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class ObserverContractsTest {
    @Nested
    class SessionToken extends ObserverContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-filter", SessionAffinityConfig.class);
        }

        @Override
        protected SessionAffinityConfig validConfig() {
            return SessionAffinityConfig.of("encoded_endpoint_header");
        }
    }

    @Nested
    class SessionIds extends ObserverContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-filter", SessionAffinityConfig.class);
        }

        @Override
        protected SessionAffinityConfig validConfig() {
            return SessionAffinityConfig.of("session_id");
        }
    }

    @Nested
    class SessionScorer extends ObserverContract<SessionAffinityConfig> {
        @Override
        protected Factory<SessionAffinityConfig> factory() {
            return Golden.factory("session-affinity-scorer", SessionAffinityConfig.class);
        }

        @Override
        protected SessionAffinityConfig validConfig() {
            return SessionAffinityConfig.of("session_id");
        }
    }

    @Nested
    class NoHitLru extends ObserverContract<NoHitLruConfig> {
        @Override
        protected Factory<NoHitLruConfig> factory() {
            return Golden.factory("no-hit-lru-scorer", NoHitLruConfig.class);
        }

        @Override
        protected NoHitLruConfig validConfig() {
            return new NoHitLruConfig(1024, "", "", "");
        }
    }

    @Nested
    class InflightLoad extends ObserverContract<InflightLoadConfig> {
        @Override
        protected Factory<InflightLoadConfig> factory() {
            return Golden.factory("inflight-load-producer", InflightLoadConfig.class);
        }

        @Override
        protected InflightLoadConfig validConfig() {
            return new InflightLoadConfig(true, 1.5, OptionalInt.empty(), "", true);
        }
    }
}
