package dev.sluice.plugins;

import dev.sluice.spi.Factory;
import dev.sluice.spi.testkit.AdmissionContract;
import dev.sluice.spi.testkit.TestRequest;
import java.util.List;
import org.junit.jupiter.api.Nested;

/** Every built-in of this kind keeps the contract that third parties' are held to. */
class AdmissionContractsTest {
    @Nested
    class Probabilistic extends AdmissionContract<ProbabilisticAdmitterConfig> {
        @Override
        protected Factory<ProbabilisticAdmitterConfig> factory() {
            return Golden.factory("probabilistic-admitter", ProbabilisticAdmitterConfig.class);
        }

        @Override
        protected ProbabilisticAdmitterConfig validConfig() {
            return new ProbabilisticAdmitterConfig(5, 0.8, 5, 300);
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(
                    TestRequest.PLAIN.withPriority(-1),
                    TestRequest.PLAIN.withPriority(-1).withObjectives(10, 1));
        }
    }

    @Nested
    class LatencySlo extends AdmissionContract<LatencySloAdmitterConfig> {
        @Override
        protected Factory<LatencySloAdmitterConfig> factory() {
            return Golden.factory("latency-slo-admitter", LatencySloAdmitterConfig.class);
        }

        @Override
        protected LatencySloAdmitterConfig validConfig() {
            return new LatencySloAdmitterConfig("");
        }

        @Override
        protected List<TestRequest> requests() {
            return List.of(
                    TestRequest.PLAIN.withPriority(-1),
                    TestRequest.PLAIN.withPriority(-1).withObjectives(10, 1));
        }
    }
}
