package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.SessionKeyContract;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class SessionKeyContractsTest {
    @Nested
    class Agents extends SessionKeyContract<AgentIdentityConfig> {
        @Override
        protected Factory<AgentIdentityConfig> factory() {
            return Golden.factory("agent-identity", AgentIdentityConfig.class);
        }

        @Override
        protected AgentIdentityConfig validConfig() {
            return new AgentIdentityConfig(List.of("x-mine"));
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(TestRequest.PLAIN, TestRequest.PLAIN.withHeader("x-mine", "a"));
        }
    }
}
