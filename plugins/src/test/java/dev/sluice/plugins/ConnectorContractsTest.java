package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.NoConfig;
import dev.sluice.spi.testkit.ConnectorContract;
import dev.sluice.spi.testkit.TestAnswer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class ConnectorContractsTest {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final List<String> NEEDED = List.of(
            "do_remote_prefill",
            "remote_block_ids",
            "remote_engine_id",
            "remote_request_id",
            "remote_host",
            "remote_port");
    /** Captured from vLLM 0.32, but for its text. */
    private static final TestAnswer NIXL = TestAnswer.of("""
            {"id":"cmpl-1","choices":[],"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,
            "remote_block_ids":[[27]],"remote_engine_id":"prefill-18101","remote_request_id":"cmpl-1-0-a29fe3f6",
            "remote_host":"127.0.0.1","remote_port":28101,"tp_size":1,"remote_num_tokens":3,"transfer_mode":"pull"}}""");

    private static final TestAnswer PUSHER = TestAnswer.of("""
            {"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"remote_engine_id":"e",
            "remote_host":"127.0.0.1","remote_port":28101,"transfer_mode":"push"}}""");
    private static final TestAnswer BOOTSTRAP =
            TestAnswer.of("{\"0\":{\"engine_id\":\"a\"},\"1\":{\"engine_id\":\"b\"}}");

    @Nested
    class Nixl extends ConnectorContract<NixlConfig> {
        @Override
        protected Factory<NixlConfig> factory() {
            return Golden.factory("nixl", NixlConfig.class);
        }

        @Override
        protected NixlConfig validConfig() {
            return new NixlConfig("pull", LEASE, false, true, 7777, true);
        }

        @Override
        protected TestAnswer prefillAnswer() {
            return NIXL;
        }

        @Override
        protected List<String> needed() {
            return NEEDED;
        }
    }

    @Nested
    class NixlPush extends ConnectorContract<NixlConfig> {
        @Override
        protected Factory<NixlConfig> factory() {
            return Golden.factory("nixl", NixlConfig.class);
        }

        @Override
        protected NixlConfig validConfig() {
            return new NixlConfig("push", LEASE, false, false, 7777, true);
        }

        @Override
        protected TestAnswer prefillAnswer() {
            return NIXL;
        }

        @Override
        protected List<String> needed() {
            return NEEDED;
        }
    }

    @Nested
    class NixlPushOfKnown extends ConnectorContract<NixlConfig> {
        @Override
        protected Factory<NixlConfig> factory() {
            return Golden.factory("nixl", NixlConfig.class);
        }

        @Override
        protected NixlConfig validConfig() {
            return new NixlConfig("push", LEASE, false, false, 7777, true);
        }

        @Override
        protected Optional<TestAnswer> known() {
            return Optional.of(PUSHER);
        }
    }

    @Nested
    class SharedStorage extends ConnectorContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("shared-storage", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }

    @Nested
    class Offloading extends ConnectorContract<OffloadingConfig> {
        @Override
        protected Factory<OffloadingConfig> factory() {
            return Golden.factory("offloading", OffloadingConfig.class);
        }

        @Override
        protected OffloadingConfig validConfig() {
            return new OffloadingConfig(7777, "parallel", LEASE, true);
        }
    }

    @Nested
    class OffloadingInTurn extends ConnectorContract<OffloadingConfig> {
        @Override
        protected Factory<OffloadingConfig> factory() {
            return Golden.factory("offloading", OffloadingConfig.class);
        }

        @Override
        protected OffloadingConfig validConfig() {
            return new OffloadingConfig(7777, "serial", LEASE, true);
        }
    }

    @Nested
    class LmCache extends ConnectorContract<LmCacheConfig> {
        @Override
        protected Factory<LmCacheConfig> factory() {
            return Golden.factory("lmcache", LmCacheConfig.class);
        }

        @Override
        protected LmCacheConfig validConfig() {
            return new LmCacheConfig("shared", 7300, 7400, 1, LEASE);
        }
    }

    @Nested
    class LmCacheHandedOver extends ConnectorContract<LmCacheConfig> {
        @Override
        protected Factory<LmCacheConfig> factory() {
            return Golden.factory("lmcache", LmCacheConfig.class);
        }

        @Override
        protected LmCacheConfig validConfig() {
            return new LmCacheConfig("handoff", 7300, 7400, 2, LEASE);
        }
    }

    @Nested
    class Mooncake extends ConnectorContract<MooncakeConfig> {
        @Override
        protected Factory<MooncakeConfig> factory() {
            return Golden.factory("mooncake", MooncakeConfig.class);
        }

        @Override
        protected MooncakeConfig validConfig() {
            return new MooncakeConfig(8998, LEASE);
        }

        @Override
        protected Optional<TestAnswer> known() {
            return Optional.of(BOOTSTRAP);
        }
    }

    @Nested
    class Sglang extends ConnectorContract<SglangConfig> {
        @Override
        protected Factory<SglangConfig> factory() {
            return Golden.factory("sglang", SglangConfig.class);
        }

        @Override
        protected SglangConfig validConfig() {
            return new SglangConfig(8998);
        }
    }

    @Nested
    class Sidecar extends ConnectorContract<NoConfig> {
        @Override
        protected Factory<NoConfig> factory() {
            return Golden.factory("sidecar", NoConfig.class);
        }

        @Override
        protected NoConfig validConfig() {
            return new NoConfig();
        }
    }
}
