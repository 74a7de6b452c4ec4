/* SPDX-License-Identifier: BSD-2-Clause
 * The generators there are: one line a variant, in the order of families.c. The symbol starts with its file's stem.
 *
 * Threads: constants.
 */
#pragma once

#include "dga/families/family.h"

extern const struct family banjori_v1;
extern const struct family ccleaner_v1;
extern const struct family chinad_v1;
extern const struct family dmsniff_v1;
extern const struct family dnschanger_v1;
extern const struct family enviserv_v1;
extern const struct family fobber_v1, fobber_v2;
extern const struct family fosniw_v1;
extern const struct family kraken_v1, kraken_v2;
extern const struct family locky_v2, locky_v3;
extern const struct family m0yv_time_dependent, m0yv_time_independent;
extern const struct family monerodownloader_v1;
extern const struct family murofet_v1, murofet_v2, murofet_v3;
extern const struct family necurs_v1;
extern const struct family newgoz_v1;
extern const struct family nymaim_v1;
extern const struct family orchard_blockchain, orchard_date;
extern const struct family padcrypt_2_2_86_1, padcrypt_2_2_97_0;
extern const struct family pushdo_com_v1, pushdo_kz_v1, pushdo_kz_v2, pushdo_kz_v3;
extern const struct family pykspa_improved, pykspa_precursor;
extern const struct family qadars_v1;
extern const struct family qakbot_v1;
extern const struct family ramdo_v1;
extern const struct family ramnit_classic, ramnit_script_default;
extern const struct family reconyc_v1;
extern const struct family shiotob_v1;
extern const struct family symmi_v1;
extern const struct family tempedreve_v1;
extern const struct family tinba_v1;
extern const struct family tufik_v1;
extern const struct family unnamed_downloader_v1;
extern const struct family vawtrak_v1, vawtrak_v2, vawtrak_v3;
extern const struct family vidro_v1;
