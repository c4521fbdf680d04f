// SPDX-License-Identifier: Apache-2.0
//
// The links of a database as a module: owns their clients.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aimdb/aimx_protocol/detail/link_port.hpp"
#include "aimdb/core/database.hpp"

namespace aimdb::aimx {

/// The links of one database; see links(Database&).
///
/// Threads:   thread-safe once the database is built. Each server it links to costs
///            one thread, "aimdb-aimx-cli", and one more per 32 links from it.
/// Ownership: owned by the database.
class Links final : public Module {
public:
    Links();
    ~Links() override;

    [[nodiscard]] std::vector<LinkInfo> infos() const;

    // For the hook in link.hpp.

    std::shared_ptr<LinkPort> declare(StageKind kind,
                                      const std::string& record,
                                      std::string_view url,
                                      const LinkOptions& options);

    void check(const aimdb::detail::Declarations& declarations,
               std::vector<Finding>& findings) override;
    void start(Database& database) override;
    void stopping(Deadline deadline) noexcept override;
    void stopped(Deadline deadline, StopReport& report) noexcept override;

private:
    std::vector<std::shared_ptr<LinkPort>> ports_;
    std::map<std::string, std::shared_ptr<ClientCore>> clients_;  // by address, token and number
};

/// What a stage of a link is called: the URL without its token.
[[nodiscard]] std::string link_stage_name(std::string_view url);

}  // namespace aimdb::aimx
