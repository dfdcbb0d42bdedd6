/**
 * Link modes of ethtool(8): bits of the supported and advertised masks. Source: `linux/ethtool.h` (ABI numbers).
 */

// Bits of link modes

/** Link mode: 10baseT Half BIT. @public */
export const ETHTOOL_LINK_MODE_10baseT_Half_BIT = 0;
/** Link mode: 10baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_10baseT_Full_BIT = 1;
/** Link mode: 100baseT Half BIT. @public */
export const ETHTOOL_LINK_MODE_100baseT_Half_BIT = 2;
/** Link mode: 100baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_100baseT_Full_BIT = 3;
/** Link mode: 1000baseT Half BIT. @public */
export const ETHTOOL_LINK_MODE_1000baseT_Half_BIT = 4;
/** Link mode: 1000baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_1000baseT_Full_BIT = 5;
/** Link mode: autoneg bit. @public */
export const ETHTOOL_LINK_MODE_Autoneg_BIT = 6;
/** Link mode: tp bit. @public */
export const ETHTOOL_LINK_MODE_TP_BIT = 7;
/** Link mode: aui bit. @public */
export const ETHTOOL_LINK_MODE_AUI_BIT = 8;
/** Link mode: mii bit. @public */
export const ETHTOOL_LINK_MODE_MII_BIT = 9;
/** Link mode: fibre bit. @public */
export const ETHTOOL_LINK_MODE_FIBRE_BIT = 10;
/** Link mode: bnc bit. @public */
export const ETHTOOL_LINK_MODE_BNC_BIT = 11;
/** Link mode: 10000baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseT_Full_BIT = 12;
/** Link mode: pause bit. @public */
export const ETHTOOL_LINK_MODE_Pause_BIT = 13;
/** Link mode: asym pause bit. @public */
export const ETHTOOL_LINK_MODE_Asym_Pause_BIT = 14;
/** Link mode: 2500baseX Full BIT. @public */
export const ETHTOOL_LINK_MODE_2500baseX_Full_BIT = 15;
/** Link mode: backplane bit. @public */
export const ETHTOOL_LINK_MODE_Backplane_BIT = 16;
/** Link mode: 1000baseKX Full BIT. @public */
export const ETHTOOL_LINK_MODE_1000baseKX_Full_BIT = 17;
/** Link mode: 10000baseKX4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT = 18;
/** Link mode: 10000baseKR Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseKR_Full_BIT = 19;
/** Link mode: 10000baseR FEC BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseR_FEC_BIT = 20;
/** Link mode: 20000baseMLD2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_20000baseMLD2_Full_BIT = 21;
/** Link mode: 20000baseKR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_20000baseKR2_Full_BIT = 22;
/** Link mode: 40000baseKR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT = 23;
/** Link mode: 40000baseCR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT = 24;
/** Link mode: 40000baseSR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT = 25;
/** Link mode: 40000baseLR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT = 26;
/** Link mode: 56000baseKR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_56000baseKR4_Full_BIT = 27;
/** Link mode: 56000baseCR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_56000baseCR4_Full_BIT = 28;
/** Link mode: 56000baseSR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_56000baseSR4_Full_BIT = 29;
/** Link mode: 56000baseLR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_56000baseLR4_Full_BIT = 30;
/** Link mode: 25000baseCR Full BIT. @public */
export const ETHTOOL_LINK_MODE_25000baseCR_Full_BIT = 31;
/** Link mode: 25000baseKR Full BIT. @public */
export const ETHTOOL_LINK_MODE_25000baseKR_Full_BIT = 32;
/** Link mode: 25000baseSR Full BIT. @public */
export const ETHTOOL_LINK_MODE_25000baseSR_Full_BIT = 33;
/** Link mode: 50000baseCR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseCR2_Full_BIT = 34;
/** Link mode: 50000baseKR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseKR2_Full_BIT = 35;
/** Link mode: 100000baseKR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseKR4_Full_BIT = 36;
/** Link mode: 100000baseSR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseSR4_Full_BIT = 37;
/** Link mode: 100000baseCR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT = 38;
/** Link mode: 100000baseLR4 ER4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseLR4_ER4_Full_BIT = 39;
/** Link mode: 50000baseSR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseSR2_Full_BIT = 40;
/** Link mode: 1000baseX Full BIT. @public */
export const ETHTOOL_LINK_MODE_1000baseX_Full_BIT = 41;
/** Link mode: 10000baseCR Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseCR_Full_BIT = 42;
/** Link mode: 10000baseSR Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseSR_Full_BIT = 43;
/** Link mode: 10000baseLR Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseLR_Full_BIT = 44;
/** Link mode: 10000baseLRM Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseLRM_Full_BIT = 45;
/** Link mode: 10000baseER Full BIT. @public */
export const ETHTOOL_LINK_MODE_10000baseER_Full_BIT = 46;
/** Link mode: 2500baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_2500baseT_Full_BIT = 47;
/** Link mode: 5000baseT Full BIT. @public */
export const ETHTOOL_LINK_MODE_5000baseT_Full_BIT = 48;
/** Link mode: fec none bit. @public */
export const ETHTOOL_LINK_MODE_FEC_NONE_BIT = 49;
/** Link mode: fec rs bit. @public */
export const ETHTOOL_LINK_MODE_FEC_RS_BIT = 50;
/** Link mode: fec baser bit. @public */
export const ETHTOOL_LINK_MODE_FEC_BASER_BIT = 51;
/** Link mode: 50000baseKR Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseKR_Full_BIT = 52;
/** Link mode: 50000baseSR Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseSR_Full_BIT = 53;
/** Link mode: 50000baseCR Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseCR_Full_BIT = 54;
/** Link mode: 50000baseLR ER FR Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseLR_ER_FR_Full_BIT = 55;
/** Link mode: 50000baseDR Full BIT. @public */
export const ETHTOOL_LINK_MODE_50000baseDR_Full_BIT = 56;
/** Link mode: 100000baseKR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseKR2_Full_BIT = 57;
/** Link mode: 100000baseSR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseSR2_Full_BIT = 58;
/** Link mode: 100000baseCR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseCR2_Full_BIT = 59;
/** Link mode: 100000baseLR2 ER2 FR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseLR2_ER2_FR2_Full_BIT = 60;
/** Link mode: 100000baseDR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseDR2_Full_BIT = 61;
/** Link mode: 200000baseKR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseKR4_Full_BIT = 62;
/** Link mode: 200000baseSR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseSR4_Full_BIT = 63;
/** Link mode: 200000baseLR4 ER4 FR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseLR4_ER4_FR4_Full_BIT = 64;
/** Link mode: 200000baseDR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseDR4_Full_BIT = 65;
/** Link mode: 200000baseCR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseCR4_Full_BIT = 66;
/** Link mode: 100baseT1 Full BIT. @public */
export const ETHTOOL_LINK_MODE_100baseT1_Full_BIT = 67;
/** Link mode: 1000baseT1 Full BIT. @public */
export const ETHTOOL_LINK_MODE_1000baseT1_Full_BIT = 68;
/** Link mode: 400000baseKR8 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseKR8_Full_BIT = 69;
/** Link mode: 400000baseSR8 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseSR8_Full_BIT = 70;
/** Link mode: 400000baseLR8 ER8 FR8 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseLR8_ER8_FR8_Full_BIT = 71;
/** Link mode: 400000baseDR8 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseDR8_Full_BIT = 72;
/** Link mode: 400000baseCR8 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseCR8_Full_BIT = 73;
/** Link mode: fec llrs bit. @public */
export const ETHTOOL_LINK_MODE_FEC_LLRS_BIT = 74;
/** Link mode: 100000baseKR Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseKR_Full_BIT = 75;
/** Link mode: 100000baseSR Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseSR_Full_BIT = 76;
/** Link mode: 100000baseLR ER FR Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseLR_ER_FR_Full_BIT = 77;
/** Link mode: 100000baseCR Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseCR_Full_BIT = 78;
/** Link mode: 100000baseDR Full BIT. @public */
export const ETHTOOL_LINK_MODE_100000baseDR_Full_BIT = 79;
/** Link mode: 200000baseKR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseKR2_Full_BIT = 80;
/** Link mode: 200000baseSR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseSR2_Full_BIT = 81;
/** Link mode: 200000baseLR2 ER2 FR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseLR2_ER2_FR2_Full_BIT = 82;
/** Link mode: 200000baseDR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseDR2_Full_BIT = 83;
/** Link mode: 200000baseCR2 Full BIT. @public */
export const ETHTOOL_LINK_MODE_200000baseCR2_Full_BIT = 84;
/** Link mode: 400000baseKR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseKR4_Full_BIT = 85;
/** Link mode: 400000baseSR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseSR4_Full_BIT = 86;
/** Link mode: 400000baseLR4 ER4 FR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseLR4_ER4_FR4_Full_BIT = 87;
/** Link mode: 400000baseDR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseDR4_Full_BIT = 88;
/** Link mode: 400000baseCR4 Full BIT. @public */
export const ETHTOOL_LINK_MODE_400000baseCR4_Full_BIT = 89;
/** Link mode: 100baseFX Half BIT. @public */
export const ETHTOOL_LINK_MODE_100baseFX_Half_BIT = 90;
/** Link mode: 100baseFX Full BIT. @public */
export const ETHTOOL_LINK_MODE_100baseFX_Full_BIT = 91;
/** Link mode: 10baseT1L Full BIT. @public */
export const ETHTOOL_LINK_MODE_10baseT1L_Full_BIT = 92;
