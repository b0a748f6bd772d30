// The real PHP-FPM in place of the fake one: the same scenario, with php-fpm's own configuration
// and with a script that does what the fake is told to do.
#pragma once

#include "harness/processes/process_spec.h"
#include "harness/scenario.h"
#include "net/result.h"

namespace badgate::harness {

// `scenario` with a php-fpm of this machine for each backend with fpm = { … }. What the kernel
// alone does where no PHP-FPM runs (a missing socket) is left as it is. The Error says what a real
// one cannot do: a skip.
net::Result<Scenario> with_real_fpm(Scenario scenario);

// How one pool is started: its configuration and scripts are files of the process.
net::Result<processes::ProcessSpec> real_fpm(const BackendSpec& backend, const Scenario& scenario);

}  // namespace badgate::harness
